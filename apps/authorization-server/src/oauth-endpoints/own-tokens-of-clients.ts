import { SCOPES_OF_PEOPLE } from '@gatehouse/config/model/client-grants';
import { grantOf } from '@gatehouse/config/model/client-limits';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { administersWith } from '../client-terms/administering-client.js';
import { CLIENT_CREDENTIALS } from '../clients/client-grants.js';

type Rules = Pick<AuthorizationServerPart, 'clientRegistration' | 'scopesSupported'>;
type ResourceRules = Pick<AuthorizationServerPart, 'resourceUrls' | 'administration' | 'clientRegistration'>;

/** Where no client gets tokens of its own, the metadata does not name the grant. */
export const givesOwnTokens = ({ clientRegistration: { clients } }: Rules): boolean =>
  clients.some(({ clientCredentials }) => clientCredentials !== undefined);

/**
 * RFC 6749, section 3.3: a client that names no scope gets all that it may have. Scopes of people count for none: clients name those
 * of the challenge, which is the same for everybody.
 */
export function withOwnScopes(form: URLSearchParams, clientId: string | null, rules: Rules): URLSearchParams {
  const [written = '', ...others] = form.getAll('scope');
  // The library refuses a parameter that comes twice.
  if (others.length > 0) return form;
  const asked = written.split(' ').filter((scope) => scope !== '' && !SCOPES_OF_PEOPLE.includes(scope));
  const scopes = asked.length > 0 ? asked : (grantOf('clientCredentials', clientId, rules)?.scopes ?? []);
  const ready = new URLSearchParams(form);
  if (scopes.length === 0) ready.delete('scope');
  else ready.set('scope', scopes.join(' '));
  return ready;
}

/**
 * What a token for the resource may hold: of a client's own token no more than the configuration gives it.
 * @param scopes what a token of the client may hold for a person
 * @throws {errors.InvalidTarget} @throws {errors.InvalidScope}
 */
export function scopesOfToken(
  { oidc }: Pick<KoaContextWithOIDC, 'oidc'>,
  resource: string,
  rules: Rules,
  scopes: readonly string[],
): readonly string[] {
  const clientId = oidc.client?.clientId;
  if (oidc.params?.['grant_type'] !== CLIENT_CREDENTIALS) return scopes;
  const grant = grantOf('clientCredentials', clientId, rules);
  if (grant?.resources.includes(resource) !== true)
    throw new errors.InvalidTarget('this client gets no token of its own for this resource');
  const foreign = [...oidc.requestParamScopes].filter((scope) => !grant.scopes.includes(scope));
  if (foreign.length > 0)
    throw new errors.InvalidScope('this client gets no token of its own with this scope', foreign.join(' '));
  return grant.scopes;
}

/** Whether a token can be for it: one of the gateway's own, or the administrator's API, for a client's own token and for people who administer. */
export const isResource = (
  { oidc }: Pick<KoaContextWithOIDC, 'oidc'>,
  resource: string,
  rules: ResourceRules,
): boolean =>
  resource === rules.administration?.url
    ? oidc.params?.['grant_type'] === CLIENT_CREDENTIALS || administersWith(oidc.client?.clientId, rules)
    : rules.resourceUrls.includes(resource);

/** RFC 8693, section 4.4: who may act for the people of a client. */
export function mayActClaim(
  clientId: string | undefined,
  { clientRegistration: { clients } }: Pick<Rules, 'clientRegistration'>,
): { readonly may_act?: { readonly sub: string } } {
  const mayAct = clients.find((client) => client.clientId === clientId)?.mayAct;
  return mayAct === undefined ? {} : { may_act: { sub: mayAct } };
}
