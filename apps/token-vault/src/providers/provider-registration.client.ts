import type { TokenVaultPart } from '@gatehouse/config/parts';
import { providerLogoutUrl } from '@gatehouse/config/urls/callbacks';
import { issuerOfDocument } from '@gatehouse/config/urls/mistakes';
import { upstreamClientMetadata } from '@gatehouse/config/urls/upstream-client';
import { sha256 } from '@gatehouse/kernel/digest';
import { z } from 'zod';
import { documentAt } from '../backend-oauth/metadata-documents.client.js';
import {
  methodToRegister,
  type RegistrableMethod,
  type Registered,
} from '../backend-oauth/registration-answer.js';
import { register } from '../backend-oauth/registration.client.js';
import { saidMembers } from '../backend-oauth/said-members.js';
import { isSameIssuer } from '../backend-oauth/server-metadata.js';
import { UnfitServer } from '../backend-oauth/unfit-server.js';
import type { RegisteringProvider } from './registered-provider.js';

/** Where a client of this provider is registered. What another place gave is never sent to this one. */
export function placeOf({ protocol, registration: { at } }: RegisteringProvider): string {
  if (protocol.issuer !== undefined) return protocol.issuer;
  return 'discoveryUrl' in at
    ? (issuerOfDocument(at.discoveryUrl) ?? at.discoveryUrl)
    : at.registrationEndpoint;
}

/** Everything that is asked for by configuration. When that is another, another client has to be registered. */
export function askedFor(provider: RegisteringProvider, publicUrl: string): string {
  const { scopes, tokenEndpointAuthMethod, registration } = provider;
  const { softwareId, softwareStatement } = registration;
  const { client_name: name } = clientMetadata(provider, publicUrl);
  return sha256(
    JSON.stringify([name, publicUrl, scopes, tokenEndpointAuthMethod, softwareId, softwareStatement]),
  );
}

/**
 * Registers this gateway at a provider (RFC 7591).
 * @throws {UnfitServer}
 * @throws {OutboundFailure}
 */
export async function registerAt(
  provider: RegisteringProvider,
  { publicUrl, issuer }: Pick<TokenVaultPart, 'publicUrl' | 'issuer'>,
): Promise<Registered> {
  const { registration, scopes } = provider;
  const { softwareId, softwareStatement, initialAccessToken } = registration;
  const { url, method, offers } = await endpointOf(provider);
  const registered = await register({
    url,
    issuer: placeOf(provider),
    metadata: {
      ...clientMetadata(provider, publicUrl),
      token_endpoint_auth_method: method,
      ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
      ...(softwareId === undefined ? {} : { software_id: softwareId }),
      ...(softwareStatement === undefined ? {} : { software_statement: softwareStatement }),
      ...openIdMetadata(provider, offers, issuer),
    },
    ...(initialAccessToken === undefined ? {} : { initialAccessToken }),
    rules: provider,
  });
  const { client } = registered;
  // RFC 9700 section 2.1.1: that a public client's code is protected was not asked for where a secret was.
  if (client.tokenEndpointAuthMethod === 'none' && method !== 'none')
    throw new UnfitServer('registration_unfit', 'token_endpoint_auth_method');
  return {
    ...registered,
    client: {
      ...client,
      // There is no metadata that would say what a client without a word about it has to do.
      tokenEndpointAuthMethod: client.tokenEndpointAuthMethod ?? method,
      askedFor: askedFor(provider, publicUrl),
    },
  };
}

const clientMetadata = ({ name, redirectUri }: RegisteringProvider, publicUrl: string) =>
  upstreamClientMetadata({ publicUrl, provider: name, redirectUri });

interface Endpoint {
  readonly url: string;
  readonly method: RegistrableMethod;
  /** Absent: nobody looked. */
  readonly offers?: Offers;
}

/** Where nothing else is asked for, a client gets this one (OpenID Connect Registration section 2). */
const DEFAULT_ALGORITHM = 'RS256';
const ALGORITHMS = [
  'ES256',
  'PS256',
  'EdDSA',
  'Ed25519',
  'ES384',
  'ES512',
  'RS384',
  'RS512',
  'PS384',
  'PS512',
];

/** What a provider of OpenID Connect has to know beside it. */
function openIdMetadata({ protocol, name }: RegisteringProvider, offers: Offers = {}, issuer?: string) {
  if (protocol.type !== 'oidc') return {};
  const { id_token_signing_alg_values_supported: signs, backchannel_logout_supported: tells } = offers;
  const algorithm =
    signs === undefined || signs.includes(DEFAULT_ALGORITHM)
      ? undefined
      : ALGORITHMS.find((one) => signs.includes(one));
  return {
    ...(algorithm === undefined ? {} : { id_token_signed_response_alg: algorithm }),
    // Nobody else can tell it where (OpenID Connect Back-Channel Logout section 2.2).
    ...(tells === true && issuer !== undefined
      ? { backchannel_logout_uri: providerLogoutUrl(issuer, name) }
      : {}),
  };
}

async function endpointOf(provider: RegisteringProvider): Promise<Endpoint> {
  const { registration, tokenEndpointAuthMethod } = provider;
  // The rules of the configuration refuse it.
  const wanted = tokenEndpointAuthMethod === 'private_key_jwt' ? undefined : tokenEndpointAuthMethod;
  const { at } = registration;
  if ('registrationEndpoint' in at)
    return { url: at.registrationEndpoint, method: wanted ?? methodToRegister() };
  return await found(provider, at.discoveryUrl, wanted);
}

/** RFC 8414 section 2, as far as a registration needs it. */
const document = z.looseObject({
  issuer: z.string(),
  registration_endpoint: z.string().min(1).max(2_048).optional(),
  code_challenge_methods_supported: z.array(z.string()).max(256).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).max(256).optional(),
  // Of OpenID Connect: what is odd here concerns no provider of plain OAuth 2, and elsewhere it is as good as not said.
  id_token_signing_alg_values_supported: z.array(z.string()).max(256).optional().catch(undefined),
  backchannel_logout_supported: z.boolean().optional().catch(undefined),
});

type Offers = Partial<
  Pick<z.output<typeof document>, 'id_token_signing_alg_values_supported' | 'backchannel_logout_supported'>
>;

async function found(
  provider: RegisteringProvider,
  discoveryUrl: string,
  wanted: RegistrableMethod | undefined,
): Promise<Endpoint> {
  const issuer = placeOf(provider);
  const value = await documentAt(discoveryUrl, provider);
  if (value === undefined) throw new UnfitServer('no_metadata', discoveryUrl);
  const parsed = document.safeParse(saidMembers(value));
  if (!parsed.success) throw new UnfitServer('metadata_unreadable', discoveryUrl);
  const { data } = parsed;
  // RFC 8414 section 3.3. What a document says that another issuer claims is not used: an initial access token would go there.
  const expected = issuerOfDocument(discoveryUrl) ?? '';
  if (!isSameIssuer(withoutSlash(data.issuer), withoutSlash(expected)))
    throw new UnfitServer('issuer_of_another', data.issuer);
  const { registration_endpoint: url } = data;
  if (url === undefined) throw new UnfitServer('no_registration', issuer);
  if (!isAllowed(url, provider)) throw new UnfitServer('endpoint_not_https', 'registration_endpoint');
  const method = wanted ?? methodToRegister(data.token_endpoint_auth_methods_supported);
  // RFC 9700 section 2.1.1: nothing else protects the code of a public client.
  if (method === 'none' && data.code_challenge_methods_supported?.includes('S256') !== true)
    throw new UnfitServer('no_pkce', issuer);
  return { url, method, offers: data };
}

/** The issuer may end in one; where its metadata is, does not show that. */
const withoutSlash = (issuer: string): string => issuer.replace(/\/$/, '');

function isAllowed(endpoint: string, { insecureAllowHttp }: RegisteringProvider): boolean {
  const protocol = URL.parse(endpoint)?.protocol;
  return protocol === 'https:' || (protocol === 'http:' && insecureAllowHttp);
}
