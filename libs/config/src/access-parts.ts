import type { Access, AccessRules } from './model/access.js';
import type { Administration, AdministrationListener } from './model/administration.js';
import type { GatehouseModel } from './model/gatehouse-model.js';

/** What the authorization server knows of it: that somebody decides, and whom people ask. */
export type AccessView = Pick<Access, 'contact'>;

export const accessView = ({ contact }: Access): AccessView => (contact === undefined ? {} : { contact });

/** The administrator's API, as the authorization server knows it. */
export interface AdministrationView extends AdministrationListener {
  /** Absent: no person may call it. */
  readonly access?: AccessView;
}

export const administrationView = ({ access, ...listener }: Administration): AdministrationView => ({
  ...listener,
  ...(access === undefined ? {} : { access: accessView(access) }),
});

/** What the vault decides by. Absent: it decides about nobody. */
export function accessRules({ authServer }: GatehouseModel): {
  readonly access?: AccessRules;
  /** Who may administer. */
  readonly administrators?: AccessRules;
} {
  if (authServer === undefined) return {};
  const { access, administration, primaryUpstreamProvider: provider } = authServer;
  return {
    ...(access === undefined ? {} : { access: rulesOf(access, provider) }),
    ...(administration?.access === undefined
      ? {}
      : { administrators: rulesOf(administration.access, provider) }),
  };
}

const rulesOf = (
  { from, policies = [], groupClaims, groupEntityType }: Access,
  provider: string,
): AccessRules => ({ from, policies, groupClaims, groupEntityType, provider });
