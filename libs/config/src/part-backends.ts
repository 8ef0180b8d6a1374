import type { GatehouseModel } from './model/gatehouse-model.js';
import { backendPlace, viewPlace } from './urls/mcp-endpoints.js';

/** By resource: the backends behind each that is not the whole gateway. */
export const partBackends = ({
  resourceUrl,
  backends,
  views,
}: Pick<GatehouseModel, 'resourceUrl' | 'backends' | 'views'>): ReadonlyMap<string, readonly string[]> =>
  new Map([
    ...backends.map(({ name }): [string, readonly string[]] => [resourceUrl + backendPlace(name), [name]]),
    ...views.map((view): [string, readonly string[]] => [resourceUrl + viewPlace(view.name), view.backends]),
  ]);
