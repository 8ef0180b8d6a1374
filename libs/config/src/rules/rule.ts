import type { ConfiguredSecret } from '../configured-secret.js';
import type { GatehouseModel, OutgoingStrategy, UpstreamProvider } from '../model.js';
import type { Finding } from '../problems.js';
import type { Path } from '../schema-tree.js';

/** A check across fields: pure, and of the model only. */
export type Rule = (model: GatehouseModel) => readonly Finding[];

export interface Placed<T> {
  readonly value: T;
  readonly path: Path;
}

export const providersOf = (model: GatehouseModel): readonly Placed<UpstreamProvider<ConfiguredSecret>>[] =>
  (model.authServer?.upstreamProviders ?? []).map((value, index) => ({
    value,
    path: ['authServer', 'upstreamProviders', index],
  }));

/** Every strategy that is written, the default first. */
export const strategiesOf = (
  model: GatehouseModel,
): readonly Placed<OutgoingStrategy<ConfiguredSecret>>[] => [
  { value: model.outgoingAuth.default, path: ['outgoingAuth', 'default'] },
  ...[...model.outgoingAuth.backends].map(([name, value]) => ({
    value,
    path: ['outgoingAuth', 'backends', name],
  })),
];

/** Where the name of each item of a list stands: what a reference to a name rests on. */
export const namesIn = (list: Path, count: number, field = 'name'): readonly Path[] => [
  list,
  ...Array.from({ length: count }, (_, index) => [...list, index, field]),
];
