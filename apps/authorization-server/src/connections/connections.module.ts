import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { ProviderModule } from '../provider/provider.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SignInChainModule } from '../sign-in-chain/sign-in-chain.module.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { ConnectAttempt } from './connect-attempt.js';
import { ConnectController } from './connect.controller.js';
import { ConnectionsController } from './connections.controller.js';
import { ContinueConnect } from './continue-connect.js';
import { ManageConnections } from './manage-connections.js';
import { ConnectPeople } from './connect-people.js';
import { OpenConnect } from './open-connect.js';
import { StartConnect } from './start-connect.js';

@Module({
  imports: [
    ProviderModule,
    SigningKeysModule,
    SessionsModule,
    AccountsModule,
    VaultModule,
    SignInChainModule,
  ],
  controllers: [ConnectionsController, ConnectController],
  providers: [ManageConnections, StartConnect, OpenConnect, ConnectPeople, ConnectAttempt, ContinueConnect],
})
export class ConnectionsModule {}
