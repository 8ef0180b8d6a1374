import { Module } from '@nestjs/common';
import { ClientTermsModule } from '../client-terms/client-terms.module.js';
import { RowsModule } from '../rows/rows.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { AnnounceClosedSessions } from './announce-closed-sessions.job.js';
import { AssertedSessionStore } from './asserted-session.store.js';
import { CloseSession } from './close-session.flow.js';
import { SessionStore } from './session.store.js';
import { SessionViewHandler } from './session-view.handler.js';
import { AFTER, systemAfter, TellProxies } from './tell-proxies.flow.js';

@Module({
  imports: [ClientTermsModule, RowsModule, VaultModule],
  controllers: [SessionViewHandler],
  providers: [
    SessionStore,
    AssertedSessionStore,
    CloseSession,
    AnnounceClosedSessions,
    TellProxies,
    { provide: AFTER, useValue: systemAfter },
  ],
  exports: [SessionStore, AssertedSessionStore, CloseSession],
})
export class SessionsModule {}
