import type { GatehouseModel } from './model/gatehouse-model.js';
import { strategyOf, type OutgoingStrategy, type UpstreamInject } from './model/outgoing-auth.js';
import type { UserSecret } from './model/user-secret.js';

/** What a person has to know of a secret of theirs. */
export interface UserSecretView extends UserSecret {
  readonly backends: readonly string[];
}

/**
 * What the vault releases as it has it: a provider's token, or a secret of a person, which is released like one.
 * @returns `undefined` for every other strategy
 */
export function injectedOf(strategy: OutgoingStrategy<unknown>): UpstreamInject | undefined {
  if (strategy.type === 'upstreamInject') return strategy;
  if (strategy.type !== 'userHeader') return undefined;
  const { header, secret } = strategy;
  return { type: 'upstreamInject', providerName: secret.name, header };
}

/** Each once, with the backends that get it. */
export function userSecretsOf(model: GatehouseModel): readonly UserSecretView[] {
  const found = new Map<string, UserSecretView>();
  for (const { name } of model.backends) {
    const strategy = strategyOf(model.outgoingAuth, name);
    if (strategy.type !== 'userHeader') continue;
    const { secret } = strategy;
    const backends = [...(found.get(secret.name)?.backends ?? []), name];
    found.set(secret.name, { ...secret, backends });
  }
  return [...found.values()];
}
