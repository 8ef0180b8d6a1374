import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CLIENT_SIGNING_ALGORITHMS, FAPI2_SIGNING_ALGORITHMS } from '@gatehouse/config/model/client-keys';
import type { ClientMetadata } from 'oidc-provider';
import { z } from 'zod';
import { isAllowedHost } from './allowed-host.js';
import { keySetProblem, usableKeySet } from './client-keys.js';

/** How clients may authenticate (RFC 7591, section 2; RFC 7523). */
export const clientAuthMethods = ({ securityProfile }: Protection) =>
  securityProfile === 'fapi2'
    ? (['private_key_jwt'] as const)
    : (['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const);

/** What clients may sign with. */
export const clientSigningAlgorithms = ({ securityProfile }: Protection) =>
  CLIENT_SIGNING_ALGORITHMS.filter(
    (alg) => securityProfile !== 'fapi2' || FAPI2_SIGNING_ALGORITHMS.includes(alg),
  );

type Protection = AuthorizationServerPart['requestProtection'];

export interface ClientProofRules {
  readonly requestProtection: Protection;
  readonly metadataDocuments: AuthorizationServerPart['clientRegistration']['metadataDocuments'];
  /** Whoever runs the server named these, and where their keys are. */
  readonly clients: readonly { readonly clientId: string }[];
}

/** Members of a registration that are about what its client proves. */
export const proofMembers = {
  jwks: z.unknown().optional(),
  jwks_uri: z.unknown().optional(),
  token_endpoint_auth_signing_alg: z.string().optional(),
  request_object_signing_alg: z.string().optional(),
  require_signed_request_object: z.boolean().optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
};

const MEMBERS = Object.keys(proofMembers) as readonly (keyof typeof proofMembers)[];

export type AskedProofs = z.output<z.ZodObject<typeof proofMembers>>;

/**
 * What of it is registered. Keys are kept for a client that signs something with them: nothing is fetched for another one. An
 * algorithm for request objects that nobody could verify is left out (RFC 7591, section 3.2.1): clients write `none`.
 * @param authMethod that the client registers
 */
export function registeredProofs(
  asked: AskedProofs,
  authMethod: string,
  rules: Pick<ClientProofRules, 'requestProtection'>,
): Readonly<Record<string, unknown>> {
  const proofs: Record<string, unknown> = {
    ...Object.fromEntries(MEMBERS.map((member) => [member, asked[member]])),
    token_endpoint_auth_method: authMethod,
  };
  if (authMethod !== 'private_key_jwt') delete proofs['token_endpoint_auth_signing_alg'];
  leaveOutUnused(proofs, rules);
  return proofs;
}

function leaveOutUnused(
  metadata: Record<string, unknown>,
  { requestProtection }: Pick<ClientProofRules, 'requestProtection'>,
): void {
  const hasKeys = metadata['jwks'] !== undefined || metadata['jwks_uri'] !== undefined;
  const known: readonly unknown[] = clientSigningAlgorithms(requestProtection);
  if (!hasKeys || !known.includes(metadata['request_object_signing_alg']))
    delete metadata['request_object_signing_alg'];
  if (signsSomething(metadata)) return;
  delete metadata['jwks'];
  delete metadata['jwks_uri'];
}

const signsSomething = (metadata: Readonly<Record<string, unknown>>): boolean =>
  metadata['token_endpoint_auth_method'] === 'private_key_jwt' ||
  metadata['require_signed_request_object'] === true ||
  metadata['request_object_signing_alg'] !== undefined;

/** Of any client, whatever it is known by. @returns what is wrong, in a sentence for its developer. */
export function clientProofsProblem(
  metadata: Readonly<Record<string, unknown>>,
  rules: ClientProofRules,
): string | undefined {
  const { jwks, jwks_uri: uri } = metadata;
  if (!signsSomething(metadata)) return undefined;
  if (jwks === undefined && uri === undefined) return 'jwks or jwks_uri must be there';
  if (jwks !== undefined && uri !== undefined) return 'jwks and jwks_uri must not both be there';
  if (jwks !== undefined) return keySetProblem(jwks);
  return uri === undefined ? undefined : keySetUriProblem(uri, metadata['client_id'], rules);
}

const MAX_URI_CHARACTERS = 2_048;

function keySetUriProblem(
  uri: unknown,
  clientId: unknown,
  { clients, metadataDocuments }: ClientProofRules,
): string | undefined {
  const url = typeof uri === 'string' && uri.length <= MAX_URI_CHARACTERS ? URL.parse(uri) : null;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '')
    return 'jwks_uri must be an https URL without user name and fragment';
  if (clients.some((client) => client.clientId === clientId)) return undefined;
  return isAllowedHost(url.href, metadataDocuments)
    ? undefined
    : 'jwks_uri names a host that is not allowed here';
}

/** What the configuration demands of every client counts for those, too, that registered before. */
export function demandProofs(metadata: ClientMetadata, rules: ClientProofRules): void {
  leaveOutUnused(metadata, rules);
  if (rules.requestProtection.dpop.boundAccessTokens === 'required') metadata.dpop_bound_access_tokens = true;
}

/** Of keys that were looked at: certificates, and whatever else stands beside them, mean nothing here. */
export function keepKnownMembers(metadata: ClientMetadata): void {
  if (metadata.jwks !== undefined) metadata.jwks = { keys: [...usableKeySet(metadata.jwks).keys] };
}

/** What a pre-registered client proves, as the library knows it. */
export function configuredProofs(
  client: AuthorizationServerPart['clientRegistration']['clients'][number],
): Readonly<Record<string, unknown>> {
  const { jwks, jwksUri, tokenEndpointAuthSigningAlg: alg } = client;
  return {
    ...(jwks === undefined ? {} : { jwks: { keys: jwks.map((jwk) => ({ ...jwk, use: 'sig' })) } }),
    ...(jwksUri === undefined ? {} : { jwks_uri: jwksUri }),
    ...(jwks === undefined && jwksUri === undefined ? {} : { token_endpoint_auth_method: 'private_key_jwt' }),
    ...(alg === undefined ? {} : { token_endpoint_auth_signing_alg: alg }),
    require_pushed_authorization_requests: client.requirePushedAuthorizationRequests ?? false,
    require_signed_request_object: client.requireSignedRequestObject ?? false,
    dpop_bound_access_tokens: client.dpopBoundAccessTokens ?? false,
  };
}
