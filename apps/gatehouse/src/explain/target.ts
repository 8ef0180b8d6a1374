import { prefixOf } from '@gatehouse/config/model/aggregation';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';

/** What a name means in a configuration. */
export interface Target {
  readonly backend: string;
  /** As the backend calls it; absent: the backend as a whole. */
  readonly tool?: string;
}

/** The backends that a name can lead to. What a backend lists is not asked, so without prefixes it may be several. */
export function targetsOf({ backends, aggregation }: GatehouseModel, name: string): readonly Target[] {
  const renamed = aggregation.tools.flatMap(({ workload, overrides }) =>
    [...overrides].flatMap(([tool, override]) =>
      override.name !== undefined && `${prefixFor(aggregation, workload)}${override.name}` === name
        ? [{ backend: workload, tool }]
        : [],
    ),
  );
  if (renamed.length > 0) return renamed;
  const whole = backends.find((backend) => backend.name === name);
  if (whole !== undefined) return [{ backend: whole.name }];
  const prefixed = backends
    .map((backend) => ({ backend: backend.name, prefix: prefixFor(aggregation, backend.name) }))
    .filter(({ prefix }) => name.startsWith(prefix) && name.length > prefix.length)
    .sort((left, right) => right.prefix.length - left.prefix.length);
  const longest = prefixed[0]?.prefix.length;
  return prefixed
    .filter(({ prefix }) => prefix.length === longest)
    .map(({ backend, prefix }) => ({ backend, tool: name.slice(prefix.length) }));
}

/** What stands before the names of a backend’s tools; empty where they have no prefix. */
export const prefixFor = (aggregation: GatehouseModel['aggregation'], backend: string): string =>
  aggregation.conflictResolution === 'prefix' ? prefixOf(aggregation, backend) : '';
