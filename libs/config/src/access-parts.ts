import type { Access, AccessRules } from './model/access.js';
import type { GatehouseModel } from './model/gatehouse-model.js';

/** What the authorization server knows of it: that somebody decides, and whom people ask. */
export type AccessView = Pick<Access, 'contact'>;

export const accessView = ({ contact }: Access): AccessView => (contact === undefined ? {} : { contact });

/** What the vault decides by. */
export function accessRules({ authServer }: GatehouseModel): AccessRules | undefined {
  if (authServer?.access === undefined) return undefined;
  const { from, policies = [], groupClaims, groupEntityType } = authServer.access;
  return { from, policies, groupClaims, groupEntityType, provider: authServer.primaryUpstreamProvider };
}
