import { within, type ClientLimits } from '@gatehouse/config/model/client-limits';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { errors, type AdapterPayload } from 'oidc-provider';
import { SCOPE_OF_CLAIM } from './requested-claims.js';

type Rules = Pick<AuthorizationServerPart, 'resourceUrl' | 'resourceIndicator'>;

/**
 * What a request is for that names no resource.
 * @throws {errors.InvalidTarget} where it has to name one (RFC 8707, section 2)
 */
export function unnamedResource(limits: ClientLimits, rules: Rules): string {
  const { resources = [rules.resourceUrl] } = limits;
  const [only = rules.resourceUrl, ...others] = resources;
  if (rules.resourceIndicator === 'optional') {
    if (resources.includes(rules.resourceUrl)) return rules.resourceUrl;
    if (others.length === 0) return only;
  }
  throw new errors.InvalidTarget(
    others.length === 0 ? `resource must be ${only}` : `resource must be one of ${resources.join(', ')}`,
  );
}

/** @throws {errors.InvalidTarget} for a resource that its limits leave out (RFC 8707, section 2) */
export function checkLimits({ resources }: ClientLimits, resource: string): void {
  if (resources?.includes(resource) === false)
    throw new errors.InvalidTarget('this client gets no token for this resource');
}

/**
 * A code or a refresh token as its client may use it now: the limits may be narrower than when it was given. What is stored stays, so
 * that nobody has to sign in again after limits were widened.
 */
export function limitedPayload(
  payload: AdapterPayload,
  { scopes, refreshTokenLifespanMs }: ClientLimits,
): AdapterPayload {
  const limited = { ...payload };
  if (scopes !== undefined && payload.scope !== undefined) {
    const left = within(payload.scope.split(' '), scopes).join(' ');
    if (left === '') delete limited.scope;
    else limited.scope = left;
  }
  if (scopes !== undefined && payload.claims?.id_token !== undefined)
    limited.claims = {
      id_token: Object.fromEntries(
        Object.entries(payload.claims.id_token).filter(([claim]) => mayHaveClaim(claim, scopes)),
      ),
    };
  if (payload.kind === 'RefreshToken' && refreshTokenLifespanMs !== undefined && payload.iat !== undefined)
    limited.exp = Math.min(
      payload.exp ?? Infinity,
      payload.iat + Math.floor(refreshTokenLifespanMs / SECOND_MS),
    );
  return limited;
}

const mayHaveClaim = (claim: string, scopes: readonly string[]): boolean => {
  const scope = Object.entries(SCOPE_OF_CLAIM).find(([name]) => name === claim)?.[1];
  return scope === undefined || scopes.includes(scope);
};
