import type { TokenVaultPart } from '@gatehouse/config/parts';
import type { SafeResponse } from '@gatehouse/safe-fetch/safe-fetch';
import { asked, errorCodeOf, objectOf, textOf, type Party } from './asked.js';
import type { DoctorFinding } from './finding.js';

export type Provider = TokenVaultPart['upstreamProviders'][number];

export interface Endpoints {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** `token_endpoint_auth_methods_supported`, where it is announced. */
  readonly methods?: readonly string[];
}

/** How the provider takes this gateway for its client, as far as can be told without a person. */
export async function clientFindings(
  provider: Provider,
  endpoints: Endpoints,
  party: Party,
): Promise<readonly DoctorFinding[]> {
  const [authorization, token] = await Promise.all([
    authorizationFindings(provider, endpoints.authorizationEndpoint, party),
    tokenFindings(provider, endpoints, party),
  ]);
  return [...authorization, ...token];
}

/** RFC 7636 appendix B: its verifier is public, and nothing is ever redeemed with it. */
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/**
 * The request of a sign-in. With `prompt=none` a provider of OpenID Connect answers at the redirect URI without showing
 * anything (OpenID Connect Core section 3.1.2.6); an unknown client or redirect URI never gets that far (RFC 6749 section
 * 4.1.2.1).
 */
async function authorizationFindings(
  provider: Provider,
  endpoint: string,
  { about, egress, withinMs }: Party,
): Promise<readonly DoctorFinding[]> {
  if (provider.clientId === '') return [];
  // A person's browser goes there, from wherever that person is.
  const party: Party = {
    kind: 'provider',
    about,
    egress: { ...egress, allowPrivateIps: true },
    withinMs,
  };
  const ask = async (more: Readonly<Record<string, string>> = {}, isProven = true) =>
    await asked(party, {
      url: signInUrl(provider, endpoint, more, isProven),
      headers: { accept: 'text/html' },
    });
  const answer = await ask();
  if (!answer.ok) return [answer.finding];
  const refusals = refusalsIn(provider, answer.response, about);
  if (refusals.length === 0) return await promptFindings(provider, ask, about);
  if (provider.dialect.pkce !== 'S256') return refusals;
  // The same without what proves that the one who began the sign-in ends it.
  const unproven = await ask({}, false);
  if (!unproven.ok || refusalsIn(provider, unproven.response, about).length > 0) return refusals;
  return [
    {
      name: 'provider-pkce-refused',
      about,
      cause: 'It refuses sign-ins with PKCE (RFC 7636): every sign-in ends there.',
      evidence: 'It takes the same request without code_challenge.',
      fix: 'Let the provider allow S256 for this client; pkce: off only for one that cannot do with it.',
    },
  ];
}

type Ask = (more: Readonly<Record<string, string>>) => ReturnType<typeof asked>;

/** A prompt that is not known is refused at the redirect URI (OpenID Connect Core section 3.1.2.6); a known one shows a page. */
async function promptFindings(
  provider: Provider,
  ask: Ask,
  about: string,
): Promise<readonly DoctorFinding[]> {
  const { reconnectPrompt: prompt } = provider;
  if (prompt === undefined || prompt === 'none') return [];
  const answer = await ask({ prompt });
  if (!answer.ok || refusalsIn(provider, answer.response, about).length === 0) return [];
  return [
    {
      name: 'provider-prompt',
      about,
      cause: 'It does not know the prompt that a person gets when they connect again.',
      evidence: `It refuses the request of a sign-in with prompt=${prompt}, and takes the same one without it.`,
      fix: 'Write another reconnectPrompt, or none.',
    },
  ];
}

function signInUrl(
  provider: Provider,
  endpoint: string,
  more: Readonly<Record<string, string>>,
  isProven: boolean,
): URL {
  const url = new URL(endpoint);
  const { scopeParameter, scopeSeparator, pkce } = provider.dialect;
  const parameters: Readonly<Record<string, string>> = {
    ...provider.additionalAuthorizationParams,
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: provider.redirectUri,
    [scopeParameter]: provider.scopes.join(scopeSeparator === 'comma' ? ',' : ' '),
    state: 'gatehouse-doctor',
    ...(provider.protocol.type === 'oidc' ? { prompt: 'none', nonce: 'gatehouse-doctor' } : {}),
    ...(pkce === 'S256' && isProven ? { code_challenge: CHALLENGE, code_challenge_method: 'S256' } : {}),
    ...more,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

/** What an answer to the request of a sign-in has against it. */
function refusalsIn(
  provider: Provider,
  { status, headers, body }: SafeResponse,
  about: string,
): readonly DoctorFinding[] {
  if (status < 400) return redirected(provider, headers.get('location'), about);
  const said = body.toString('utf8').slice(0, 20_000).toLowerCase();
  const evidence = `The authorization endpoint answers ${status} to the request of a sign-in.`;
  if (/redirect[ _-]?ur[il]/.test(said))
    return [
      {
        name: 'provider-redirect-uri',
        about,
        cause: 'It refuses the redirect URI of this gateway.',
        evidence,
        fix: `Register ${provider.redirectUri} at the provider, exactly.`,
      },
    ];
  if (/client/.test(said))
    return [
      {
        name: 'provider-client-unknown',
        about,
        cause: 'It does not know the client id.',
        evidence,
        fix: 'Write the clientId that the provider gave; look whether the client is switched on there.',
      },
    ];
  return [
    {
      name: 'provider-authorization-refused',
      about,
      cause: 'It refuses the request of a sign-in.',
      evidence,
      fix: 'Compare client id, redirect URI, scopes and additionalAuthorizationParams with its documentation.',
    },
  ];
}

/** Answers that say the person would have to do something, which nobody is here to do. */
const NEEDS_PERSON = [
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
];

function redirected(
  { redirectUri, name }: Provider,
  location: string | null,
  about: string,
): readonly DoctorFinding[] {
  const target = location === null ? null : URL.parse(location, redirectUri);
  const code =
    target !== null && target.href.startsWith(redirectUri) ? target.searchParams.get('error') : null;
  if (code === null || NEEDS_PERSON.includes(code)) return [];
  const { name: known, cause } = REFUSED_AT_SIGN_IN[code] ?? {
    name: 'provider-authorization-refused',
    cause: 'It refuses the request of a sign-in.',
  };
  return [
    {
      name: known,
      about,
      cause,
      evidence: `It answers ${errorCodeOf(code)}.`,
      fix: `Compare the scopes and the parameters of ${name} with what is allowed for this client there.`,
    },
  ];
}

/** By OAuth error (RFC 6749 section 4.1.2.1, RFC 8707 section 2). */
const REFUSED_AT_SIGN_IN: Partial<Record<string, Readonly<Record<'name' | 'cause', string>>>> = {
  invalid_scope: {
    name: 'provider-scope-refused',
    cause: 'It refuses the scopes that it is asked for: every sign-in ends there.',
  },
  invalid_target: {
    name: 'provider-resource-refused',
    cause: 'It refuses the resource that tokens are asked for (RFC 8707): every sign-in ends there.',
  },
};

/** Of no grant: nothing is ever renewed with it. */
const NO_TOKEN = 'gatehouse-doctor';

/**
 * A refresh with a token that does not exist. A provider that takes this gateway for its client answers `invalid_grant`;
 * the wrong secret is `invalid_client` (RFC 6749 section 5.2).
 */
async function tokenFindings(
  provider: Provider,
  { tokenEndpoint, methods }: Endpoints,
  party: Party,
): Promise<readonly DoctorFinding[]> {
  // An assertion is signed for the moment that needs it.
  if (provider.clientKey !== undefined || provider.dialect.tokenRequestFormat !== 'form') return [];
  if (tokenEndpoint.startsWith('http:') && !party.egress.insecureAllowHttp) return [];
  const { clientId, clientSecret } = provider;
  const method = provider.tokenEndpointAuthMethod ?? chosen(methods);
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: NO_TOKEN });
  const headers: Record<string, string> = {
    ...provider.dialect.tokenRequestHeaders,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  if (clientSecret !== undefined && method === 'client_secret_basic')
    headers['authorization'] = basic(clientId, clientSecret.reveal(), provider.dialect.basicCredentials);
  else {
    form.set('client_id', clientId);
    if (clientSecret !== undefined) form.set('client_secret', clientSecret.reveal());
  }
  const answer = await asked(party, { url: tokenEndpoint, method: 'POST', headers, body: form.toString() });
  if (!answer.ok) return [answer.finding];
  const { status } = answer.response;
  const code = textOf(objectOf(answer.response)?.['error']);
  const evidence = `The token endpoint answers ${status}, ${errorCodeOf(code)}, to a refresh that cannot succeed.`;
  const finding = (name: string, cause: string, fix: string): readonly DoctorFinding[] => [
    { name, about: party.about, cause, evidence, fix },
  ];
  if (status === 404)
    return finding(
      'provider-token-endpoint-missing',
      'Nothing is at its token endpoint.',
      'Write the endpoint that its documentation names.',
    );
  if (code === 'unsupported_grant_type')
    return finding(
      'provider-no-refresh-token',
      'It renews no tokens: people sign in anew whenever an access token ends.',
      'Allow the refresh token grant for this client at the provider.',
    );
  return CLIENT_REFUSED.test(code ?? '') || (code === undefined && status === 401)
    ? finding(
        'provider-client-refused',
        'It refuses the client id or the client secret of this gateway.',
        'Write the secret that is valid there now; look at tokenEndpointAuthMethod, and at basicCredentials if it has special characters.',
      )
    : [];
}

const CLIENT_REFUSED = /^(invalid_client|unauthorized_client|incorrect_client_credentials)$/;

const chosen = (methods: readonly string[] = ['client_secret_basic']): string =>
  methods.includes('client_secret_basic') ? 'client_secret_basic' : 'client_secret_post';

/** RFC 6749 section 2.3.1. */
function basic(id: string, secret: string, spelling: 'formEncoded' | 'plain'): string {
  const spelled = (text: string): string =>
    spelling === 'plain' ? text : new URLSearchParams({ x: text }).toString().slice(2);
  return `Basic ${Buffer.from(`${spelled(id)}:${spelled(secret)}`).toString('base64')}`;
}
