import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { AnnounceClosedSessions } from './announce-closed-sessions.js';
import { CloseSession } from './close-session.js';
import { Housekeeping } from './housekeeping.store.js';
import { SessionStore } from './session.store.js';
import { SessionViewHandler } from './session-view.handler.js';
import { AFTER, systemAfter, TellProxies } from './tell-proxies.js';

@Module({
  imports: [AccountsModule, VaultModule],
  controllers: [SessionViewHandler],
  providers: [
    SessionStore,
    CloseSession,
    AnnounceClosedSessions,
    Housekeeping,
    TellProxies,
    { provide: AFTER, useValue: systemAfter },
  ],
  exports: [SessionStore, CloseSession],
})
export class SessionsModule {}
