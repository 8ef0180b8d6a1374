import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AttemptsModule } from '../attempts/attempts.module.js';
import { OAuthEndpointsModule } from '../oauth-endpoints/oauth-endpoints.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { ConnectAttempt } from './connect-attempt.flow.js';
import { ConnectController } from './connect.controller.js';
import { ConnectPeople } from './connect-people.js';
import { ConnectionsController } from './connections.controller.js';
import { ContinueConnect } from './continue-connect.flow.js';
import { ManageConnections } from './manage-connections.flow.js';
import { OpenConnect } from './open-connect.flow.js';
import { StartConnect } from './start-connect.flow.js';

@Module({
  imports: [AccountsModule, AttemptsModule, OAuthEndpointsModule, SessionsModule, VaultModule],
  controllers: [ConnectionsController, ConnectController],
  providers: [ManageConnections, StartConnect, OpenConnect, ConnectPeople, ConnectAttempt, ContinueConnect],
})
export class ConnectionsModule {}
