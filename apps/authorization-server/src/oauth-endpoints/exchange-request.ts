import { TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { errors } from 'oidc-provider';

/** Parameters of RFC 8693, section 2.1, that the library passes on. */
export const EXCHANGE_PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'audience',
  'resource',
  'scope',
] as const;

export interface ExchangeRequest {
  readonly subjectToken: string;
  readonly actorToken: string | undefined;
}

/** Tokens of ours are JWTs. */
const ACCEPTED: readonly unknown[] = [TOKEN_TYPES.access_token, TOKEN_TYPES.jwt];

/** @throws {errors.InvalidRequest} @throws {errors.InvalidTarget} RFC 8693, sections 2.1 and 2.2.2 */
export function exchangeRequest(params: Readonly<Record<string, unknown>>): ExchangeRequest {
  const {
    subject_token: subjectToken,
    subject_token_type: subjectType,
    actor_token: actorToken,
    actor_token_type: actorType,
    requested_token_type: requestedType,
  } = params;
  if (typeof subjectToken !== 'string' || subjectToken === '')
    throw new errors.InvalidRequest('subject_token is missing');
  if (!ACCEPTED.includes(subjectType))
    throw new errors.InvalidRequest('subject_token_type must be that of an access token');
  if ((actorToken === undefined) !== (actorType === undefined))
    throw new errors.InvalidRequest('actor_token and actor_token_type come together');
  if (actorType !== undefined && !ACCEPTED.includes(actorType))
    throw new errors.InvalidRequest('actor_token_type must be that of an access token');
  if (requestedType !== undefined && !ACCEPTED.includes(requestedType))
    throw new errors.InvalidRequest('requested_token_type must be that of an access token');
  if (params['audience'] !== undefined)
    throw new errors.InvalidTarget('the token is asked for by resource, and not by audience');
  return { subjectToken, actorToken: typeof actorToken === 'string' ? actorToken : undefined };
}
