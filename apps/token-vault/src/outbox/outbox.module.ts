import { Module } from '@nestjs/common';
import { KeyringModule } from '../keyring/keyring.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { EventOutboxStore } from './event-outbox.store.js';
import { Outbox } from './outbox.flow.js';
import { PublishEvents } from './publish-events.flow.js';
import { RevocationOutboxStore } from './revocation-outbox.store.js';
import { RevokeTokens } from './revoke-tokens.flow.js';

@Module({
  imports: [KeyringModule, ProvidersModule],
  providers: [EventOutboxStore, RevocationOutboxStore, PublishEvents, RevokeTokens, Outbox],
  exports: [Outbox],
})
export class OutboxModule {}
