import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { prefixFor } from '../explain/target.js';

/** A tool, or every tool of a backend whose names nobody has written down. */
interface ConfiguredTool {
  /** As clients see it; `*` stands for the backend’s own name. */
  readonly name: string;
  readonly backend: string;
  /** As the backend calls it; absent: any. */
  readonly original?: string;
}

/** What the configuration alone says about the tools that clients see. */
export const configuredTools = (model: GatehouseModel): readonly ConfiguredTool[] =>
  model.backends.flatMap(({ name }) => toolsOf(model, name));

function toolsOf({ aggregation }: GatehouseModel, backend: string): readonly ConfiguredTool[] {
  const entry = aggregation.tools.find(({ workload }) => workload === backend);
  const isShown = entry === undefined ? aggregation.defaultToolVisibility === 'allow' : !entry.excludeAll;
  if (aggregation.excludeAllTools || !isShown) return [];
  const prefix = prefixFor(aggregation, backend);
  const overrides = entry?.overrides ?? new Map<string, { readonly name?: string }>();
  const seen = (original: string): ConfiguredTool => ({
    name: `${prefix}${overrides.get(original)?.name ?? original}`,
    backend,
    original,
  });
  if (entry?.filter !== undefined) return entry.filter.map(seen);
  return [...[...overrides.keys()].map(seen), { name: `${prefix}*`, backend }];
}
