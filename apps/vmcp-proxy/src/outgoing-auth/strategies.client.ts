import type { ProxyBackend } from '@gatehouse/config/parts';
import type { ContractClient } from '@gatehouse/messaging/contract-client';
import type { VaultKey } from '@gatehouse/messaging/vault-key';
import { askedUntilBothMeanTheSame } from './binding.flow.js';
import { headerInjection } from './header-injection.js';
import { issuedToken } from './issued-token.client.js';
import type { ReplyKey } from './reply-key.js';
import type { OutgoingStrategy } from './strategy.js';
import { unauthenticated } from './unauthenticated.js';
import { upstreamInject } from './upstream-inject.client.js';

/** The strategy of each backend, as configured. */
export function strategiesOf(
  backends: readonly ProxyBackend[],
  contracts: Pick<ContractClient, 'ask'>,
  replyKey: ReplyKey,
  vaultKey: VaultKey,
): ReadonlyMap<string, OutgoingStrategy> {
  const made = ({ name, strategy, binding }: ProxyBackend): OutgoingStrategy => {
    switch (strategy.type) {
      case 'unauthenticated':
        return unauthenticated;
      case 'headerInjection':
        return headerInjection(strategy);
      case 'upstreamInject':
        return upstreamInject({ backend: name, binding }, strategy, contracts, replyKey);
      case 'issuedToken':
        return issuedToken({ backend: name, binding }, strategy, contracts, replyKey, vaultKey);
    }
  };
  return new Map(backends.map((backend) => [backend.name, askedUntilBothMeanTheSame(made(backend))]));
}
