import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import {
  CLIENT_SIGNING_ALGORITHMS,
  FAPI2_SIGNING_ALGORITHMS,
  type TlsSubject,
} from '@gatehouse/config/model/client-keys';
import { TLS_SUBJECT_NAMES, TLS_SUBJECTS, tlsSubjectProblem } from '@gatehouse/config/model/tls-subject';
import type { ClientAuthMethod, ClientMetadata } from 'oidc-provider';
import { z } from 'zod';
import { isAllowedHost } from './allowed-host.js';
import { keySetProblem, usableKeySet } from './client-keys.js';

/** How clients may authenticate (RFC 7591, section 2; RFC 7523; RFC 8705). */
export const clientAuthMethods = ({ securityProfile, mtls }: Protection): readonly ClientAuthMethod[] => [
  ...(securityProfile === 'fapi2' ? [] : (['none', 'client_secret_basic', 'client_secret_post'] as const)),
  'private_key_jwt',
  ...(mtls?.certificateAuthorities === undefined ? [] : ([TLS_CLIENT_AUTH] as const)),
  ...(mtls === undefined ? [] : ([SELF_SIGNED] as const)),
];

/** RFC 8705, sections 2.1 and 2.2. */
const TLS_CLIENT_AUTH = 'tls_client_auth';
const SELF_SIGNED = 'self_signed_tls_client_auth';

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

/** RFC 8705, section 3.4. */
const BOUND_TO_CERTIFICATE = 'tls_client_certificate_bound_access_tokens';

/** Members of a registration that are about what its client proves. */
export const proofMembers = {
  jwks: z.unknown().optional(),
  jwks_uri: z.unknown().optional(),
  token_endpoint_auth_signing_alg: z.string().optional(),
  request_object_signing_alg: z.string().optional(),
  require_signed_request_object: z.boolean().optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
  [BOUND_TO_CERTIFICATE]: z.boolean().optional(),
  tls_client_auth_subject_dn: z.string().optional(),
  tls_client_auth_san_dns: z.string().optional(),
  tls_client_auth_san_uri: z.string().optional(),
  tls_client_auth_san_ip: z.string().optional(),
  tls_client_auth_san_email: z.string().optional(),
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
    ...Object.fromEntries(
      MEMBERS.filter((member) => isLookedAt(member, authMethod, rules)).map((member) => [
        member,
        asked[member],
      ]),
    ),
    token_endpoint_auth_method: authMethod,
  };
  if (authMethod !== 'private_key_jwt') delete proofs['token_endpoint_auth_signing_alg'];
  leaveOutUnused(proofs, rules);
  return proofs;
}

/** RFC 7591, section 3.2.1: the response does not name what is not looked at. */
const isLookedAt = (
  member: string,
  authMethod: string,
  { requestProtection: { mtls } }: Pick<ClientProofRules, 'requestProtection'>,
): boolean =>
  Object.values(TLS_SUBJECTS).includes(member)
    ? authMethod === TLS_CLIENT_AUTH
    : member !== BOUND_TO_CERTIFICATE || mtls !== undefined;

function leaveOutUnused(
  metadata: Record<string, unknown>,
  { requestProtection }: Pick<ClientProofRules, 'requestProtection'>,
): void {
  const hasKeys = metadata['jwks'] !== undefined || metadata['jwks_uri'] !== undefined;
  const known: readonly unknown[] = clientSigningAlgorithms(requestProtection);
  if (!hasKeys || !known.includes(metadata['request_object_signing_alg']))
    delete metadata['request_object_signing_alg'];
  if (usesKeys(metadata)) return;
  delete metadata['jwks'];
  delete metadata['jwks_uri'];
}

const usesKeys = (metadata: Readonly<Record<string, unknown>>): boolean =>
  metadata['token_endpoint_auth_method'] === 'private_key_jwt' ||
  hasOwnCertificate(metadata) ||
  metadata['require_signed_request_object'] === true ||
  metadata['request_object_signing_alg'] !== undefined;

const hasOwnCertificate = ({
  token_endpoint_auth_method: method,
}: Readonly<Record<string, unknown>>): boolean => method === SELF_SIGNED;

/** Of any client, whatever it is known by. @returns what is wrong, in a sentence for its developer. */
export function clientProofsProblem(
  metadata: Readonly<Record<string, unknown>>,
  rules: ClientProofRules,
): string | undefined {
  const { jwks, jwks_uri: uri } = metadata;
  const ofCertificate = certificateProblem(metadata, rules);
  if (ofCertificate !== undefined) return ofCertificate;
  if (!usesKeys(metadata)) return undefined;
  if (jwks === undefined && uri === undefined) return 'jwks or jwks_uri must be there';
  if (jwks !== undefined && uri !== undefined) return 'jwks and jwks_uri must not both be there';
  if (jwks !== undefined) return keySetProblem(jwks, hasOwnCertificate(metadata));
  return uri === undefined ? undefined : keySetUriProblem(uri, metadata['client_id'], rules);
}

/** That a client of `tls_client_auth` names one thing is the library's check. */
function certificateProblem(
  metadata: Readonly<Record<string, unknown>>,
  { requestProtection }: ClientProofRules,
): string | undefined {
  if (metadata['dpop_bound_access_tokens'] === true && isBoundToCertificate(metadata, requestProtection))
    return `dpop_bound_access_tokens and ${BOUND_TO_CERTIFICATE} must not both be there`;
  if (metadata['token_endpoint_auth_method'] !== TLS_CLIENT_AUTH) return undefined;
  for (const name of TLS_SUBJECT_NAMES) {
    const value = metadata[TLS_SUBJECTS[name]];
    const problem = value === undefined ? undefined : tlsSubjectProblem(name, value);
    if (problem !== undefined) return `${TLS_SUBJECTS[name]} ${problem}`;
  }
  return undefined;
}

/** Where no certificate is looked at, none binds a token. */
const isBoundToCertificate = (metadata: Readonly<Record<string, unknown>>, { mtls }: Protection): boolean =>
  mtls !== undefined && metadata[BOUND_TO_CERTIFICATE] === true;

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
  const { dpop } = rules.requestProtection;
  if (dpop.boundAccessTokens === 'required' && !isBoundToCertificate(metadata, rules.requestProtection))
    metadata.dpop_bound_access_tokens = true;
}

/** Of keys that were looked at: whatever else stands beside them means nothing here. */
export function keepKnownMembers(metadata: ClientMetadata): void {
  if (metadata.jwks !== undefined) metadata.jwks = { keys: [...usableKeySet(metadata.jwks).keys] };
}

/** What a pre-registered client proves, as the library knows it. */
export function configuredProofs(
  client: AuthorizationServerPart['clientRegistration']['clients'][number],
): Readonly<Record<string, unknown>> {
  const { jwks, jwksUri, tokenEndpointAuthSigningAlg: alg } = client;
  const byKeys = client.selfSignedTlsClientAuth === true ? SELF_SIGNED : 'private_key_jwt';
  return {
    ...(jwks === undefined ? {} : { jwks: { keys: jwks.map((jwk) => ({ ...jwk, use: 'sig' })) } }),
    ...(jwksUri === undefined ? {} : { jwks_uri: jwksUri }),
    ...(jwks === undefined && jwksUri === undefined ? {} : { token_endpoint_auth_method: byKeys }),
    ...(client.tlsClientAuth === undefined ? {} : namedBy(client.tlsClientAuth)),
    ...(client.tlsClientCertificateBoundAccessTokens === true ? { [BOUND_TO_CERTIFICATE]: true } : {}),
    ...(alg === undefined ? {} : { token_endpoint_auth_signing_alg: alg }),
    require_pushed_authorization_requests: client.requirePushedAuthorizationRequests ?? false,
    require_signed_request_object: client.requireSignedRequestObject ?? false,
    dpop_bound_access_tokens: client.dpopBoundAccessTokens ?? false,
  };
}

const namedBy = (subject: TlsSubject): Readonly<Record<string, string>> => ({
  token_endpoint_auth_method: TLS_CLIENT_AUTH,
  ...Object.fromEntries(
    TLS_SUBJECT_NAMES.flatMap((name) => {
      const value = subject[name];
      return value === undefined ? [] : [[TLS_SUBJECTS[name], value]];
    }),
  ),
});
