import type { EgressRules } from '@gatehouse/safe-fetch/egress-rules';
import type { ServerMetadata } from 'openid-client';
import { z } from 'zod';
import { saidMembers } from './said-members.js';
import { UnfitServer } from './unfit-server.js';

const text = z.string().min(1).max(2_048);
const texts = z.array(z.string()).max(256);

/** RFC 8414 section 2, as far as it is used. */
const document = z.looseObject({
  issuer: z.string().regex(/^https?:\/\/[\x21-\x7e]{1,500}$/i),
  authorization_endpoint: text.exactOptional(),
  token_endpoint: text.exactOptional(),
  registration_endpoint: text.exactOptional(),
  revocation_endpoint: text.exactOptional(),
  userinfo_endpoint: text.exactOptional(),
  jwks_uri: text.exactOptional(),
  scopes_supported: texts.exactOptional(),
  response_types_supported: texts.exactOptional(),
  grant_types_supported: texts.exactOptional(),
  code_challenge_methods_supported: texts.exactOptional(),
  token_endpoint_auth_methods_supported: texts.exactOptional(),
  authorization_response_iss_parameter_supported: z.boolean().exactOptional(),
  client_id_metadata_document_supported: z.boolean().exactOptional(),
});

/** The metadata of an authorization server that can be used. */
export type FitServer = z.output<typeof document> &
  ServerMetadata &
  Record<'authorization_endpoint' | 'token_endpoint', string>;

const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'registration_endpoint',
  'revocation_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
] as const;

/**
 * Reads the metadata that was found for an issuer. Null and empty members count as absent.
 * @throws {UnfitServer}
 */
export function readServerMetadata(
  value: unknown,
  issuer: string,
  { insecureAllowHttp }: Pick<EgressRules, 'insecureAllowHttp'>,
): FitServer {
  const parsed = document.safeParse(saidMembers(value));
  if (!parsed.success) throw new UnfitServer('metadata_unreadable', issuer);
  const { data } = parsed;
  if (!isSameIssuer(data.issuer, issuer)) throw new UnfitServer('issuer_of_another', data.issuer);
  for (const name of ENDPOINTS) {
    const endpoint = data[name];
    if (endpoint !== undefined && !isAllowed(endpoint, insecureAllowHttp))
      throw new UnfitServer('endpoint_not_https', name);
  }
  const { authorization_endpoint, token_endpoint } = data;
  if (authorization_endpoint === undefined || token_endpoint === undefined)
    throw new UnfitServer('endpoint_missing', issuer);
  if (data.response_types_supported?.includes('code') === false)
    throw new UnfitServer('no_code_flow', issuer);
  // Absent says as much: clients have to refuse (MCP, authorization code protection).
  if (data.code_challenge_methods_supported?.includes('S256') !== true)
    throw new UnfitServer('no_pkce', issuer);
  return { ...data, authorization_endpoint, token_endpoint };
}

/**
 * RFC 8414 section 3.3: identical. Only the slash of an origin is nobody's: `https://as.example` and `https://as.example/`
 * are one URL (RFC 3986 section 6.2.3), and libraries add it.
 */
export const isSameIssuer = (one: string, other: string): boolean =>
  one === other || slashless(one) === slashless(other);

const slashless = (issuer: string): string =>
  /^https?:\/\/[^/?#]+\/$/i.test(issuer) ? issuer.slice(0, -1) : issuer;

const isAllowed = (endpoint: string, insecureAllowHttp: boolean): boolean => {
  const protocol = URL.parse(endpoint)?.protocol;
  return protocol === 'https:' || (protocol === 'http:' && insecureAllowHttp);
};
