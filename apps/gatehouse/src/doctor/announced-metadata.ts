import { textOf, textsOf } from './asked.js';
import type { DoctorFinding } from './finding.js';
import type { Endpoints, Provider } from './provider-client.js';

/** Of a discovery document, or of an authorization server (RFC 8414 section 2). */
export type Metadata = Readonly<Record<string, unknown>>;

/** Absent: it names none, or none that are URLs. */
export function endpointsOf(metadata: Metadata): Endpoints | undefined {
  const authorizationEndpoint = textOf(metadata['authorization_endpoint']);
  const tokenEndpoint = textOf(metadata['token_endpoint']);
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) return undefined;
  if (!URL.canParse(authorizationEndpoint) || !URL.canParse(tokenEndpoint)) return undefined;
  const methods = textsOf(metadata['token_endpoint_auth_methods_supported']);
  return { authorizationEndpoint, tokenEndpoint, ...(methods === undefined ? {} : { methods }) };
}

/** What the provider says of itself; what it says nothing of is no finding. */
export function announcedFindings(
  provider: Provider,
  metadata: Metadata,
  about: Pick<DoctorFinding, 'about'>,
): readonly DoctorFinding[] {
  const lacks = (field: string, wanted: readonly string[]): readonly string[] => {
    const offered = textsOf(metadata[field]);
    return offered === undefined ? [] : wanted.filter((one) => !offered.includes(one));
  };
  const findings: DoctorFinding[] = [];
  const add = (name: string, cause: string, evidence: string, fix: string): void => {
    findings.push({ ...about, name, cause, evidence, fix });
  };
  const scopes = lacks('scopes_supported', provider.scopes);
  if (scopes.includes('offline_access') || lacks('grant_types_supported', ['refresh_token']).length > 0)
    add(
      'provider-no-refresh-token',
      'It announces no refresh tokens: people sign in anew whenever an access token ends.',
      scopes.includes('offline_access')
        ? 'offline_access is not among scopes_supported.'
        : 'refresh_token is not among grant_types_supported.',
      'Allow refresh tokens for this client at the provider, in the way that its documentation names.',
    );
  const others = scopes.filter((scope) => scope !== 'offline_access');
  // Most providers list a few of their scopes only; those of OpenID Connect are always in the list (Discovery section 3).
  if (others.includes('openid'))
    add(
      'provider-scope-unsupported',
      'It does not announce a scope that it is asked for.',
      `Not among scopes_supported: ${others.join(', ')}.`,
      'Write only scopes that it knows.',
    );
  if (provider.dialect.pkce === 'S256' && lacks('code_challenge_methods_supported', ['S256']).length > 0)
    add(
      'provider-no-pkce',
      'It announces PKCE without S256 (RFC 7636).',
      'S256 is not among code_challenge_methods_supported.',
      'Turn on S256 at the provider; pkce: off only for one that cannot do with it.',
    );
  const method = provider.tokenEndpointAuthMethod;
  if (method !== undefined && lacks('token_endpoint_auth_methods_supported', [method]).length > 0)
    add(
      'provider-auth-method',
      'It does not take the way in which this gateway proves itself.',
      `${method} is not among token_endpoint_auth_methods_supported.`,
      'Leave tokenEndpointAuthMethod out, or write one that is.',
    );
  const prompt = provider.reconnectPrompt;
  if (prompt !== undefined && prompt !== 'none' && lacks('prompt_values_supported', [prompt]).length > 0)
    add(
      'provider-prompt',
      'It does not know the prompt that a person gets when they connect again.',
      `${prompt} is not among prompt_values_supported.`,
      'Write another reconnectPrompt, or none.',
    );
  return [...findings, ...clearFindings(provider, metadata, about)];
}

function clearFindings(
  { insecureAllowHttp }: Provider,
  metadata: Metadata,
  about: Pick<DoctorFinding, 'about'>,
): readonly DoctorFinding[] {
  if (insecureAllowHttp) return [];
  return ['token_endpoint', 'jwks_uri', 'userinfo_endpoint']
    .filter((field) => textOf(metadata[field])?.startsWith('http:') === true)
    .map((field) => ({
      ...about,
      name: 'provider-endpoint-in-the-clear',
      cause: 'One of its endpoints is http: no request is ever sent there.',
      evidence: `${field} begins with http:.`,
      fix: 'Make the provider name its endpoints as https; behind a proxy it often has to be told its own URL.',
    }));
}
