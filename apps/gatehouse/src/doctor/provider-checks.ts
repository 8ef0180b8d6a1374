import { namedUrl } from '../shown-text.js';
import { asked, clockFinding, objectOf, textOf, type Party } from './asked.js';
import { announcedFindings, endpointsOf, type Metadata } from './announced-metadata.js';
import { backendOAuthFindings } from './backend-oauth.js';
import type { Check, DoctorFinding, Observe } from './finding.js';
import { clientFindings, type Endpoints, type Provider } from './provider-client.js';
import { registrationFindings } from './provider-registration.js';

/** Each provider of a gateway, as the vault reaches it. */
export const providerChecks = (providers: readonly Provider[], withinMs: number): readonly Check[] =>
  providers.map((provider) => ({
    about: `provider ${provider.name}`,
    run: async (observe) => {
      const others = providers.filter((one) => one !== provider);
      return await providerFindings(provider, others, withinMs, observe);
    },
  }));

async function providerFindings(
  provider: Provider,
  others: readonly Provider[],
  withinMs: number,
  observe: Observe,
): Promise<readonly DoctorFinding[]> {
  const party: Party = { kind: 'provider', about: `provider ${provider.name}`, egress: provider, withinMs };
  const { protocol } = provider;
  if (protocol.type === 'oidc') return await ofOpenId(provider, protocol.issuer, party);
  if (protocol.type === 'mcp')
    return await backendOAuthFindings({ ...provider, protocol }, others, party, observe);
  const { authorizationEndpoint, tokenEndpoint, identity } = protocol;
  const asking = identity.from === 'userInfo' ? await reachable(party, identity.endpointUrl) : [];
  return [...asking, ...(await ofClient(provider, { authorizationEndpoint, tokenEndpoint }, party))];
}

/** Which client it is where this gateway registers itself, the vault alone knows. */
const ofClient = async (
  provider: Provider,
  endpoints: Endpoints,
  party: Party,
): Promise<readonly DoctorFinding[]> =>
  provider.registration === undefined
    ? await clientFindings(provider, endpoints, party)
    : await registrationFindings(provider.registration, party);

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
    ...announcedFindings(provider, metadata, about),
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
      : await ofClient(provider, endpoints, party)),
  ];
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

async function keyFindings(party: Party, jwksUrl: string | undefined): Promise<readonly DoctorFinding[]> {
  const missing = (evidence: string): readonly DoctorFinding[] => [
    {
      about: party.about,
      name: 'provider-keys-missing',
      cause: 'Its public keys are not where it says: no id_token can be verified.',
      evidence,
      fix: 'See whether the provider has a signing key, and what its jwks_uri is.',
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
