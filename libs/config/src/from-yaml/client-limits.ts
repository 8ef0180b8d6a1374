import type { ClientLimits } from '../model/client-limits.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { given, milliseconds } from './written-values.js';

type Client = NonNullable<GatehouseYaml['authServer']>['clientRegistration']['clients'][number];

export const buildClientLimits = ({
  resources,
  scopes,
  accessTokenLifespan: access,
  refreshTokenLifespan: refresh,
}: NonNullable<Client['limits']>): ClientLimits => ({
  ...given('resources', resources),
  ...given('scopes', scopes),
  ...given('accessTokenLifespanMs', access === undefined ? undefined : milliseconds(access)),
  ...given('refreshTokenLifespanMs', refresh === undefined ? undefined : milliseconds(refresh)),
});
