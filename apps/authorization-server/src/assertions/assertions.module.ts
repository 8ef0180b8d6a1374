import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { AssertedSessions } from './asserted-sessions.flow.js';
import { AssertionIssuerKeys } from './assertion-issuer-keys.client.js';
import { IdentityAssertions } from './identity-assertions.flow.js';
import { UsedAssertions } from './used-assertions.store.js';

/** Whom other issuers assert (RFC 7523): what of it is believed, and the session that it gives. */
@Module({
  imports: [AccountsModule, SessionsModule, VaultModule],
  providers: [AssertedSessions, AssertionIssuerKeys, IdentityAssertions, UsedAssertions],
  exports: [AssertedSessions, IdentityAssertions, UsedAssertions],
})
export class AssertionsModule {}
