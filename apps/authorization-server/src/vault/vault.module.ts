import { Module } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { ContractClient } from '@gatehouse/messaging/contract-client';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { VaultKey } from '@gatehouse/messaging/vault-key';
import { CLOCK } from '@gatehouse/service-process/injected';
import { Vault } from './vault.client.js';

@Module({
  providers: [
    {
      provide: VaultKey,
      inject: [ContractClient, EventBus, CLOCK],
      useFactory: (contracts: ContractClient, events: EventBus, clock: Clock) => {
        const key = new VaultKey(contracts, clock);
        // The vault may have been set up anew while the bus was away.
        events.onReconnect(() => key.forget());
        return key;
      },
    },
    Vault,
  ],
  exports: [Vault],
})
export class VaultModule {}
