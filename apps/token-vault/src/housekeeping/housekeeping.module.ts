import { Module } from '@nestjs/common';
import { KeyringModule } from '../keyring/keyring.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { RefreshModule } from '../refresh/refresh.module.js';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { Housekeeping } from './housekeeping.job.js';

@Module({
  imports: [KeyringModule, OutboxModule, ConnectionsModule, RefreshModule, CredentialsModule],
  providers: [Housekeeping],
})
export class HousekeepingModule {}
