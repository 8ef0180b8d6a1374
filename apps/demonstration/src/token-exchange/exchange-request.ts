import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { OAuthProblem } from './oauth-problem.js';

const { access_token: ACCESS_TOKEN, jwt: JWT } = TOKEN_TYPES;

/** The services that tokens may be made for. */
const AUDIENCES = ['tickets', 'tickets-self'] as const;

export type Audience = (typeof AUDIENCES)[number];

/** A token exchange request (RFC 8693, section 2.1) that this service can serve. */
export interface ExchangeRequest {
  readonly subjectToken: string;
  readonly audience: Audience;
  readonly scope: string | undefined;
  readonly issuedTokenType: string;
}

/** RFC 6749, appendix A.4: printable ASCII without space, `"` and `\`, single spaces between. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/**
 * Reads the form of a token request; throws {@link OAuthProblem}. `resources` maps a service's URL to its audience, for
 * callers that name the service by `resource`.
 */
export function readExchangeRequest(
  form: URLSearchParams,
  resources: Readonly<Partial<Record<string, Audience>>>,
): ExchangeRequest {
  for (const name of new Set(form.keys()))
    if (form.getAll(name).length > 1) throw new OAuthProblem('invalid_request', `${name} is given twice`);
  if (form.get('grant_type') !== TOKEN_EXCHANGE_GRANT)
    throw new OAuthProblem('unsupported_grant_type', `only ${TOKEN_EXCHANGE_GRANT} is served here`);
  if (form.has('actor_token') || form.has('actor_token_type'))
    throw new OAuthProblem('invalid_request', 'actor tokens are not taken: the actor is the client');
  return {
    subjectToken: readSubjectToken(form),
    audience: readAudience(form, resources),
    scope: readScope(form),
    issuedTokenType: readIssuedTokenType(form),
  };
}

function readSubjectToken(form: URLSearchParams): string {
  const type = form.get('subject_token_type');
  if (type !== ACCESS_TOKEN && type !== JWT)
    throw new OAuthProblem('invalid_request', `subject_token_type must be ${ACCESS_TOKEN} or ${JWT}`);
  const token = form.get('subject_token');
  if (token === null || token === '') throw new OAuthProblem('invalid_request', 'subject_token is missing');
  return token;
}

function readAudience(
  form: URLSearchParams,
  resources: Readonly<Partial<Record<string, Audience>>>,
): Audience {
  const audience = form.get('audience');
  const resource = form.get('resource');
  if (audience === null && resource === null)
    throw new OAuthProblem('invalid_request', 'audience or resource is missing');
  const named = AUDIENCES.find((known) => known === audience);
  const located = resource === null ? undefined : resources[resource];
  if ((audience !== null && named === undefined) || (resource !== null && located === undefined))
    throw new OAuthProblem('invalid_target', 'tokens for that service are not issued here');
  if (named !== undefined && located !== undefined && named !== located)
    throw new OAuthProblem('invalid_target', 'audience and resource name different services');
  const target = named ?? located;
  if (target === undefined) throw new OAuthProblem('invalid_target', 'no service is named');
  return target;
}

function readScope(form: URLSearchParams): string | undefined {
  const scope = form.get('scope');
  if (scope === null || scope === '') return undefined;
  if (!SCOPE.test(scope)) throw new OAuthProblem('invalid_scope', 'scope is malformed');
  return scope;
}

function readIssuedTokenType(form: URLSearchParams): string {
  const requested = form.get('requested_token_type') ?? ACCESS_TOKEN;
  if (requested !== ACCESS_TOKEN && requested !== JWT)
    throw new OAuthProblem('invalid_request', `requested_token_type must be ${ACCESS_TOKEN} or ${JWT}`);
  return requested;
}
