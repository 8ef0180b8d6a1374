import type { Misbehaviour } from './stub-provider.js';

/**
 * What providers answer, as their documentation and public bug reports word it, and what each one means by it. The meaning is
 * written down by hand: it is what the classifier is held to.
 */
export interface SaidByProvider {
  readonly name: string;
  readonly status: number;
  readonly body: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const FORM = 'application/x-www-form-urlencoded';
export const HTML = 'text/html';

const json = (
  name: string,
  status: number,
  body: object,
  more: Partial<SaidByProvider> = {},
): SaidByProvider => ({
  name,
  status,
  body: JSON.stringify(body),
  ...more,
});

const refusal = (who: string, status: number, error: string, description?: string): SaidByProvider =>
  json(`${who}: ${status} ${error}`, status, {
    error,
    ...(description === undefined ? {} : { error_description: description }),
  });

/** Slack refuses with 200. */
const slack = (error: string): SaidByProvider =>
  json(`Slack: 200 ok:false ${error}`, 200, { ok: false, error });

/** The grant is over. Only the person can make a new one. */
export const DEAD: readonly SaidByProvider[] = [
  refusal('RFC 6749', 400, 'invalid_grant'),
  refusal('Google', 400, 'invalid_grant', 'Token has been expired or revoked.'),
  refusal('Entra', 400, 'invalid_grant', 'AADSTS70008: The refresh token has expired due to inactivity.'),
  refusal('Entra', 400, 'interaction_required', 'AADSTS50076: You must use multi-factor authentication.'),
  json('Entra: 400 invalid_grant, suberror consent_required', 400, {
    error: 'invalid_grant',
    suberror: 'consent_required',
    error_description: 'AADSTS65001: The user has not consented.',
  }),
  refusal('OpenID Connect', 400, 'login_required'),
  refusal('OpenID Connect', 400, 'consent_required'),
  refusal('RFC 6750', 401, 'invalid_token', 'The token is not active.'),
  refusal('GitLab', 400, 'invalid_grant', 'The provided authorization grant is invalid, expired, revoked.'),
  refusal('Auth0', 403, 'invalid_grant', 'Unknown or invalid refresh token.'),
  refusal('Auth0', 403, 'mfa_required', 'Multifactor authentication required'),
  refusal('Atlassian', 403, 'unauthorized_client', 'refresh_token is invalid'),
  refusal('Atlassian', 403, 'invalid_grant', 'Unknown or invalid refresh token.'),
  refusal('Salesforce', 400, 'invalid_grant', 'expired access/refresh token'),
  refusal('Salesforce', 400, 'inactive_user', 'user is inactive'),
  refusal('Keycloak', 400, 'invalid_grant', 'Session not active'),
  refusal('Spotify', 400, 'invalid_grant', 'Refresh token revoked'),
  refusal('X', 400, 'invalid_request', 'Value passed for the token was invalid.'),
  refusal('somebody', 400, 'expired_token'),
  refusal('somebody', 401, 'refresh_token_expired'),
  refusal('somebody', 400, 'please_login_again'),
  slack('token_revoked'),
  slack('token_expired'),
  slack('invalid_refresh_token'),
  slack('invalid_auth'),
  slack('account_inactive'),
  json('HubSpot: 400 without error', 400, {
    status: 'BAD_REFRESH_TOKEN',
    message: 'missing or invalid refresh token',
    correlationId: '5a3e0a4c-8c2b-4f0e-9d57-0c1f0f0f0f0f',
  }),
  json('GitHub: 200 bad_refresh_token', 200, {
    error: 'bad_refresh_token',
    error_description: 'The refresh token passed is incorrect or expired.',
  }),
  {
    name: 'GitHub: 200 bad_refresh_token as a form',
    status: 200,
    body: 'error=bad_refresh_token&error_description=The+refresh+token+passed+is+incorrect+or+expired.',
    type: FORM,
  },
  { name: 'somebody: 400 invalid_grant as a form', status: 400, body: 'error=invalid_grant', type: FORM },
  json('somebody: 400 invalid_grant called text/html', 400, { error: 'invalid_grant' }, { type: HTML }),
  json(
    'somebody: 401 invalid_grant with a challenge',
    401,
    { error: 'invalid_grant' },
    {
      headers: { 'www-authenticate': 'Basic realm="token"' },
    },
  ),
  json('Fitbit: 400 errors', 400, {
    errors: [{ errorType: 'invalid_grant', message: 'Refresh token invalid: 4b5e' }],
    success: false,
  }),
  json('Square: 401 without error', 401, {
    message: 'Invalid refresh token',
    type: 'service.not_authorized',
  }),
  json('Meta: 400 error object', 400, {
    error: {
      message: 'Error validating access token: Session has expired',
      type: 'OAuthException',
      code: 190,
    },
  }),
  json('Zoom: 400 invalid_request', 400, { reason: 'Invalid Token!', error: 'invalid_request' }),
  json('Supabase: 400 error_code', 400, {
    code: 400,
    error_code: 'refresh_token_not_found',
    msg: 'Invalid Refresh Token: Refresh Token Not Found',
  }),
  json('Lark: 200 code', 200, { code: 20037, msg: 'The refresh token passed has expired.' }),
];

/** A refusal that does not say what it is about. At a refresh, the second in a row is the person's. */
export const UNCLEAR: readonly SaidByProvider[] = [
  refusal('Xee', 400, 'invalid_request'),
  refusal('somebody', 400, 'unauthorized_client'),
  refusal('somebody', 403, 'access_denied'),
  refusal('somebody', 400, 'invalid_scope'),
  refusal('somebody', 400, 'made_up'),
  refusal('somebody', 400, 'session_timeout'),
  json('somebody: 401 the end, and a time-out', 401, {
    message: 'Token lookup timed out, invalid upstream answer',
  }),
  json('somebody: 400 a number', 400, { code: 40_140_116 }),
  json('somebody: 401 the reason phrase', 401, { error: 'Unauthorized', status: 401, path: '/token' }),
  json('somebody: 400 an empty object', 400, {}),
  json('somebody: 200 success:false', 200, { success: false }),
];

/** Nothing is said about the grant. Asked again later, it works. */
export const PASSING: readonly SaidByProvider[] = [
  ...[408, 425, 429, 500, 502, 503, 504].map((status) => page(status)),
  json('429 without a name', 429, { message: 'Too Many Requests' }),
  refusal('RFC 8628', 400, 'slow_down'),
  refusal('RFC 6749', 400, 'temporarily_unavailable'),
  refusal('somebody', 400, 'server_error'),
  refusal('somebody', 503, 'invalid_grant'),
  refusal('somebody', 429, 'invalid_grant'),
  refusal('somebody', 500, 'invalid_client'),
  refusal('somebody', 400, 'request_limit_exceeded'),
  refusal('somebody', 400, 'server_busy'),
  slack('ratelimited'),
  slack('internal_error'),
  slack('service_unavailable'),
  refusal('Salesforce', 400, 'invalid_grant', 'login rate exceeded'),
  refusal('Salesforce', 400, 'unknown_error', 'retry your request'),
  json('HubSpot: 429 without error', 429, { status: 'error', message: 'limit', policyName: 'SECONDLY' }),
  json('GitHub: 403 limited', 403, { message: 'You have exceeded a secondary rate limit.' }),
  json('somebody: 403 with Retry-After', 403, { message: 'Forbidden' }, { headers: { 'retry-after': '30' } }),
  json('somebody: 200 maintenance', 200, { success: false, message: 'Down for maintenance' }),
];

/** We are the wrong client, or ask in the wrong way. No new sign-in mends it. */
export const OURS: readonly SaidByProvider[] = [
  refusal('RFC 6749', 401, 'invalid_client'),
  refusal('Entra', 400, 'invalid_client', 'AADSTS7000215: Invalid client secret provided.'),
  refusal('RFC 6749', 400, 'unsupported_grant_type'),
  refusal('RFC 8707', 400, 'invalid_target'),
  refusal('Google', 401, 'deleted_client', 'The OAuth client was deleted.'),
  refusal('somebody', 400, 'invalid_request', 'client_secret is missing'),
  slack('bad_client_secret'),
  slack('invalid_client_id'),
  json('GitHub: 200 incorrect_client_credentials', 200, {
    error: 'incorrect_client_credentials',
    error_description: 'The client_id and/or client_secret passed are incorrect.',
  }),
  json('HubSpot: 400 BAD_CLIENT_ID', 400, {
    status: 'BAD_CLIENT_ID',
    message: 'missing or unknown client id',
  }),
  { name: '401 with a challenge alone', status: 401, body: '', headers: { 'www-authenticate': 'Basic' } },
];

/** Something else answers in the provider's place. */
export const PAGES: readonly SaidByProvider[] = [
  ...[301, 400, 401, 403, 404, 405, 410].map((status) => page(status)),
  { name: 'an empty 400', status: 400, body: '' },
  { name: '403 of a gateway', status: 403, body: 'RBAC: access denied', type: 'text/plain' },
  json('404 of a gateway in JSON', 404, { message: 'no Route matched with those values' }),
];

function page(status: number): SaidByProvider {
  const body = '<!doctype html><title>Sign in to the Wi-Fi</title><p>Your session has expired.';
  return { name: `a page with ${status}`, status, body, type: HTML };
}

/** Lets the stub answer so. */
export const answering =
  ({ status, body, type = 'application/json', headers = {} }: SaidByProvider): Misbehaviour =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
