import { Module } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { Database } from '@gatehouse/persistence/database';
import { Envelope } from '@gatehouse/sealing/envelope';
import { Provider } from 'oidc-provider';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AttemptCookies } from '../attempts/attempt-cookies.js';
import { CONFIG, type Config } from '../config.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { CloseSession } from '../sessions/close-session.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { CookieKeys } from '../signing-keys/cookie-keys.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import { AuthorizationRequests } from './authorization-requests.js';
import { BrowserSessions } from './browser-sessions.js';
import { createProvider } from './create-provider.js';
import { LibraryHooks } from './library-hooks.js';
import { ProviderController } from './provider.controller.js';
import { recordAdapterFactory } from './record-adapter.store.js';
import { TokenAccounts } from './token-accounts.js';

@Module({
  imports: [SigningKeysModule, SessionsModule, AccountsModule],
  controllers: [ProviderController],
  providers: [
    TokenAccounts,
    {
      provide: LibraryHooks,
      inject: [Database, Envelope, CloseSession, TokenAccounts, IssuerUrls, CONFIG, AttemptCookies],
      useFactory: (
        database: Database,
        envelope: Envelope,
        closing: CloseSession,
        accounts: TokenAccounts,
        urls: IssuerUrls,
        { name }: Config,
        attemptCookies: AttemptCookies,
      ) => {
        const onGrantEnded = (grantId: string) => endSession(closing, grantId);
        return new LibraryHooks(
          recordAdapterFactory({ database, envelope, gatewayName: name, onGrantEnded }),
          accounts,
          urls,
          attemptCookies,
        );
      },
    },
    {
      provide: Provider,
      inject: [CONFIG, SigningKeys, CookieKeys, LibraryHooks, Log, Metrics],
      useFactory: async (
        config: Config,
        signingKeys: SigningKeys,
        cookieKeys: CookieKeys,
        hooks: LibraryHooks,
        log: Log,
        metrics: Metrics,
      ) => await createProvider({ config, signingKeys, cookieKeys, hooks }, log, metrics),
    },
    AuthorizationRequests,
    BrowserSessions,
  ],
  exports: [AuthorizationRequests, BrowserSessions],
})
export class ProviderModule {}

/** Outside the revocation endpoint the library ends a grant for one reason: a code or refresh token was used twice. */
async function endSession(closing: CloseSession, grantId: string): Promise<void> {
  const revoked = Provider.ctx?.oidc.route === 'revocation';
  await closing.close(grantId, revoked ? 'revoked' : 'refresh_token_replayed');
}
