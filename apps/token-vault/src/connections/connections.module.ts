import { Module } from '@nestjs/common';
import { RowsModule } from '../rows/rows.module.js';
import { KeyringModule } from '../keyring/keyring.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { AdoptConnection } from './adopt-connection.flow.js';
import { AdoptStaged } from './adopt-staged.flow.js';
import { BeginConnection } from './begin-connection.flow.js';
import { CheckLogoutToken } from './check-logout-token.flow.js';
import { CompleteConnection } from './complete-connection.flow.js';
import { ConnectionList } from './connection-list.store.js';
import { ConnectionStore } from './connection.store.js';
import { ConnectionsHandler } from './connections.handler.js';
import { DiscardAttempt } from './discard-attempt.flow.js';
import { DiscardedAttemptStore } from './discarded-attempt.store.js';
import { EndNamed } from './end-named.flow.js';
import { EnterSecret } from './enter-secret.flow.js';
import { GiveBackGrant } from './give-back-grant.flow.js';
import { KeepSecret } from './keep-secret.flow.js';
import { LackingScopeStore } from './lacking-scope.store.js';
import { LegAnswers } from './leg-answers.flow.js';
import { LegsHandler } from './legs.handler.js';
import { OpenSession } from './open-session.flow.js';
import { PendingLegStore } from './pending-leg.store.js';
import { ProviderLogout } from './provider-logout.flow.js';
import { ProviderLogoutHandler } from './provider-logout.handler.js';
import { ProviderLogoutStore } from './provider-logout.store.js';
import { ReceiveCallback } from './receive-callback.flow.js';
import { RevokeConnection } from './revoke-connection.flow.js';
import { SessionStore } from './session.store.js';
import { SessionsHandler } from './sessions.handler.js';
import { StagedConnectionStore } from './staged-connection.store.js';

@Module({
  imports: [RowsModule, KeyringModule, ProvidersModule, OutboxModule],
  controllers: [LegsHandler, SessionsHandler, ConnectionsHandler, ProviderLogoutHandler],
  providers: [
    ConnectionStore,
    ConnectionList,
    SessionStore,
    DiscardedAttemptStore,
    PendingLegStore,
    LackingScopeStore,
    StagedConnectionStore,
    GiveBackGrant,
    BeginConnection,
    ReceiveCallback,
    LegAnswers,
    CompleteConnection,
    DiscardAttempt,
    AdoptStaged,
    OpenSession,
    AdoptConnection,
    RevokeConnection,
    KeepSecret,
    EnterSecret,
    ProviderLogoutStore,
    EndNamed,
    CheckLogoutToken,
    ProviderLogout,
  ],
  exports: [ConnectionStore, LackingScopeStore, SessionStore, StagedConnectionStore],
})
export class ConnectionsModule {}
