import { Module } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { Database } from '@gatehouse/persistence/database';
import { Provider, type AdapterFactory } from 'oidc-provider';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AttemptCookies } from '../attempts/attempt-cookies.js';
import { AttemptsModule } from '../attempts/attempts.module.js';
import { ClientSecrets } from '../clients/client-secrets.store.js';
import { ClientsModule } from '../clients/clients.module.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { IssuerUrls } from '../http/issuer-urls.js';
import { RedeemRefreshToken } from '../refresh-tokens/redeem-refresh-token.flow.js';
import { RefreshTokensModule } from '../refresh-tokens/refresh-tokens.module.js';
import { TheftAlarm } from '../refresh-tokens/theft-alarm.flow.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { CookieKeys } from '../signing-keys/cookie-keys.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import { AuthorizationRequests } from './authorization-requests.flow.js';
import { BrowserSessions } from './browser-sessions.flow.js';
import { createProvider } from './create-provider.js';
import { LibraryHooks } from './library-hooks.flow.js';
import { OAuthController } from './oauth.controller.js';
import { recordAdapterFactory } from './record-adapter.store.js';
import { RefreshTokenSeam } from './refresh-token-seam.flow.js';
import { TokenAccounts } from './token-accounts.flow.js';

/** Injection token of the library's storage. */
const RECORDS = Symbol('oidc-provider records');

/** The OAuth endpoints, and all that speaks to the library `oidc-provider`, which answers there. */
@Module({
  imports: [
    AccountsModule,
    AttemptsModule,
    ClientsModule,
    RefreshTokensModule,
    SessionsModule,
    SigningKeysModule,
  ],
  controllers: [OAuthController],
  providers: [
    TokenAccounts,
    {
      provide: RECORDS,
      inject: [Database, ClientSecrets, CloseSession, TheftAlarm],
      useFactory: (
        database: Database,
        clientSecrets: ClientSecrets,
        closing: CloseSession,
        alarm: TheftAlarm,
      ) => {
        const onGrantEnded = (grantId: string) => endSession(closing, alarm, grantId);
        return recordAdapterFactory({ database, clientSecrets, onGrantEnded });
      },
    },
    {
      provide: LibraryHooks,
      inject: [RECORDS, TokenAccounts, IssuerUrls, AttemptCookies, RedeemRefreshToken],
      useFactory: (
        records: AdapterFactory,
        accounts: TokenAccounts,
        urls: IssuerUrls,
        attemptCookies: AttemptCookies,
        redemption: RedeemRefreshToken,
      ) => new LibraryHooks(records, accounts, urls, attemptCookies, new RefreshTokenSeam(redemption)),
    },
    {
      provide: Provider,
      inject: [CONFIG, SigningKeys, CookieKeys, LibraryHooks, Log, Metrics],
      useFactory: async (
        config: AuthorizationServerPart,
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
export class OAuthEndpointsModule {}

/** Outside the revocation endpoint the library ends a grant for one reason: a code was used twice. */
async function endSession(closing: CloseSession, alarm: TheftAlarm, grantId: string): Promise<void> {
  if (Provider.ctx?.oidc.route === 'revocation') await closing.close(grantId, 'revoked');
  else await alarm.raise(grantId, 'code_used_again');
}
