/** A `GET` with more is refused for its headers before it comes to us (16 KiB), without a page that says why. */
export const MAX_QUERY_CHARACTERS = 8 * 1024;

/**
 * The parameters of an authorization request (RFC 6749, section 4.1.1; RFC 7636, section 4.3; RFC 8707, section 2; OpenID Connect
 * Core, sections 3.1.2.1, 5.5, 6 and 7.2.1; RFC 9449, section 10), supported or not: what is not supported is refused by name.
 */
const PARAMETERS: ReadonlySet<string> = new Set([
  'acr_values',
  'claims',
  'claims_locales',
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'display',
  'dpop_jkt',
  'id_token_hint',
  'login_hint',
  'max_age',
  'nonce',
  'prompt',
  'redirect_uri',
  'registration',
  'request',
  'request_uri',
  'resource',
  'response_mode',
  'response_type',
  'scope',
  'state',
  'ui_locales',
]);

/**
 * A posted authorization request as a query. What is no parameter of one is left out, because an address is kept in places where
 * a form is not: a client that posts its secret by mistake shall not find it in a history or in a log of a proxy.
 * @param form `undefined`: what was posted is no form
 * @returns `undefined` for what no browser can bring as an address
 */
export function authorizationQuery(form: URLSearchParams | undefined): URLSearchParams | undefined {
  if (form === undefined) return undefined;
  const query = new URLSearchParams([...form].filter(([name]) => PARAMETERS.has(name)));
  return query.toString().length > MAX_QUERY_CHARACTERS ? undefined : query;
}
