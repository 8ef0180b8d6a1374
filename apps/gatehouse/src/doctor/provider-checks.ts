import type { TokenVaultPart } from '@gatehouse/config/parts';
import { namedUrl } from '../shown-text.js';
import { asked, clockFinding, objectOf, textOf, textsOf, type Party } from './asked.js';
import type { Check, DoctorFinding } from './finding.js';
import { clientFindings, type Endpoints } from './provider-client.js';
import { registrationFindings } from './provider-registration.js';

export type Provider = TokenVaultPart['upstreamProviders'][number];
type Metadata = Readonly<Record<string, unknown>>;

/** Each provider of a gateway, as the vault reaches it. */
export const providerChecks = (providers: readonly Provider[], withinMs: number): readonly Check[] =>
  providers
    .filter(({ protocol }) => protocol.type !== 'mcp')
    .map((provider) => ({
      about: `provider ${provider.name}`,
      run: async () => await providerFindings(provider, withinMs),
    }));

async function providerFindings(provider: Provider, withinMs: number): Promise<readonly DoctorFinding[]> {
  const party: Party = { kind: 'provider', about: `provider ${provider.name}`, egress: provider, withinMs };
  const { protocol } = provider;
  if (protocol.type === 'oidc') return await ofOpenId(provider, protocol.issuer, party);
  if (protocol.type !== 'oauth2') return [];
  const { authorizationEndpoint, tokenEndpoint, identity } = protocol;
  const asking = identity.from === 'userInfo' ? await reachable(party, identity.endpointUrl) : [];
  const { registration } = provider;
  // Which client it is, the vault alone knows.
  const ofClient =
    registration === undefined
      ? await clientFindings(provider, { authorizationEndpoint, tokenEndpoint }, party)
      : await registrationFindings(registration, party);
  return [...asking, ...ofClient];
}

async function reachable(party: Party, url: string): Promise<readonly DoctorFinding[]> {
  const answer = await asked(party, { url });
  if (!answer.ok) return [answer.finding];
  return answer.response.status === 404
    ? [
        {
          name: 'provider-user-info-missing',
          about: party.about,
          cause: 'Nothing is at userInfo.endpointUrl: nobody could sign in.',
          evidence: `${new URL(url).origin} answers 404.`,
          fix: 'Write the endpoint that the provider’s documentation names.',
        },
      ]
    : [];
}

async function ofOpenId(provider: Provider, issuer: string, party: Party): Promise<readonly DoctorFinding[]> {
  const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  const answer = await asked(party, { url, headers: { accept: 'application/json' } });
  if (!answer.ok) return [answer.finding];
  const { response, skewMs } = answer;
  const metadata = objectOf(response);
  const about = { about: party.about };
  const clock = clockFinding(party, skewMs);
  if (response.status !== 200 || metadata === undefined)
    return [
      ...clock,
      {
        ...about,
        name: 'provider-metadata-missing',
        cause: 'There is no discovery document of OpenID Connect.',
        evidence: `${new URL(url).origin} answers ${response.status}${response.status === 200 ? ', and no JSON object' : ''}.`,
        fix: 'Write the issuer as the provider has it; one that is plain OAuth 2 is of type oauth2, or has a profile (provider:).',
      },
    ];
  const anotherIssuer = issuerFindings(provider, metadata, about);
  // What a document says that another issuer claims is not to be used (RFC 8414 section 3.3): its token endpoint would be shown
  // the client secret.
  if (anotherIssuer.length > 0) return [...clock, ...anotherIssuer];
  const endpoints = endpointsOf(metadata);
  return [
    ...clock,
    ...announced(provider, metadata, about),
    ...(await keyFindings(party, textOf(metadata['jwks_uri']))),
    ...(endpoints === undefined
      ? [
          {
            ...about,
            name: 'provider-endpoints-missing',
            cause: 'The discovery document names no authorization or token endpoint.',
            evidence: 'authorization_endpoint or token_endpoint is not there.',
            fix: 'Ask whoever runs the provider.',
          },
        ]
      : await clientFindings(provider, endpoints, party)),
  ];
}

function endpointsOf(metadata: Metadata): Endpoints | undefined {
  const authorizationEndpoint = textOf(metadata['authorization_endpoint']);
  const tokenEndpoint = textOf(metadata['token_endpoint']);
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) return undefined;
  if (!URL.canParse(authorizationEndpoint) || !URL.canParse(tokenEndpoint)) return undefined;
  const methods = textsOf(metadata['token_endpoint_auth_methods_supported']);
  return { authorizationEndpoint, tokenEndpoint, ...(methods === undefined ? {} : { methods }) };
}

type About = Pick<DoctorFinding, 'about'>;

function issuerFindings({ protocol }: Provider, metadata: Metadata, about: About): readonly DoctorFinding[] {
  if (protocol.type !== 'oidc') return [];
  const written = protocol.issuerTemplate ?? protocol.issuer;
  const named = textOf(metadata['issuer']);
  return named === written
    ? []
    : [
        {
          ...about,
          name: 'provider-issuer',
          cause:
            'The discovery document names another issuer: no sign-in would be accepted (RFC 8414 section 3.3).',
          evidence: `Configured ${written}, named ${namedUrl(named) ?? 'none'}.`,
          fix: 'Write the issuer exactly as the document has it.',
        },
      ];
}

/** What the provider says of itself; what it says nothing of is no finding. */
function announced(provider: Provider, metadata: Metadata, about: About): readonly DoctorFinding[] {
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
  for (const field of ['token_endpoint', 'jwks_uri', 'userinfo_endpoint'])
    if (textOf(metadata[field])?.startsWith('http:') === true && !provider.insecureAllowHttp)
      add(
        'provider-endpoint-in-the-clear',
        'One of its endpoints is http: no request is ever sent there.',
        `${field} begins with http:.`,
        'Make the provider name its endpoints as https; behind a proxy it often has to be told its own URL.',
      );
  return findings;
}

async function keyFindings(party: Party, jwksUrl: string | undefined): Promise<readonly DoctorFinding[]> {
  const missing = (evidence: string): readonly DoctorFinding[] => [
    {
      about: party.about,
      name: 'provider-keys-missing',
      cause: 'Its public keys are not where it says: no id_token can be verified.',
      evidence,
      fix: 'Look whether the provider has a signing key, and what its jwks_uri is.',
    },
  ];
  if (jwksUrl === undefined || !URL.canParse(jwksUrl)) return missing('There is no jwks_uri.');
  if (jwksUrl.startsWith('http:') && !party.egress.insecureAllowHttp) return [];
  const answer = await asked(party, { url: jwksUrl });
  if (!answer.ok) return [answer.finding];
  const keys = objectOf(answer.response)?.['keys'];
  return answer.response.status === 200 && Array.isArray(keys) && keys.length > 0
    ? []
    : missing(`jwks_uri answers ${answer.response.status}${Array.isArray(keys) ? ' without a key' : ''}.`);
}
