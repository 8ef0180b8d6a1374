import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import type { OutgoingStrategy } from '../model/outgoing-auth.js';
import type { UpstreamProvider } from '../model/upstream-provider.js';
import { PROVIDER_BLOCKS } from '../yaml/provider-fields.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';

/** A check across fields: pure, and of the model only. */
export type Rule = (model: GatehouseModel) => readonly Finding[];

/** With what it demands, for the documentation. */
export interface DemandedRule {
  readonly demands: string;
  readonly rule: Rule;
}

export interface Placed<T> {
  readonly value: T;
  readonly path: Path;
}

export interface PlacedProvider extends Placed<UpstreamProvider<ConfiguredSecret>> {
  /** Of the block that holds the fields of its type. */
  readonly block: Path;
}

export const providersOf = (model: GatehouseModel): readonly PlacedProvider[] =>
  (model.authServer?.upstreamProviders ?? []).map((value, index) => {
    const path = ['authServer', 'upstreamProviders', index];
    return { value, path, block: [...path, PROVIDER_BLOCKS[value.protocol.type]] };
  });

/** Where the issuer of a provider stands. */
export const issuerPath = ({ value, block }: PlacedProvider): Path => [
  ...block,
  value.protocol.type === 'oidc' ? 'issuerUrl' : 'issuer',
];

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

/** The paths of all names of a list: a finding about a reference depends on them. */
export const namesIn = (list: Path, count: number, field = 'name'): readonly Path[] => [
  list,
  ...Array.from({ length: count }, (_, index) => [...list, index, field]),
];
