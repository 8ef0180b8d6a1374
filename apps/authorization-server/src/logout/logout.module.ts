import { Module } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { AccountsModule } from '../accounts/accounts.module.js';
import { CsrfTokens } from '../http/csrf.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { OAuthEndpointsModule } from '../oauth-endpoints/oauth-endpoints.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { CookieKeys } from '../signing-keys/cookie-keys.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { AnswerLogout } from './answer-logout.flow.js';
import { CheckLogout } from './check-logout.flow.js';
import { EndLogout } from './end-logout.flow.js';
import { EndSessionController } from './end-session.controller.js';
import { EndedBrowsers } from './ended-browsers.store.js';
import { IdTokenHints } from './id-token-hints.js';
import { LogoutNotices } from './logout-notices.store.js';
import { LogoutResponses } from './logout-responses.js';
import { LogoutTickets } from './logout-tickets.js';
import { LogoutTokens } from './logout-tokens.js';
import { ProviderLogoutController } from './provider-logout.controller.js';
import { ProviderLogout } from './provider-logout.flow.js';
import { SignOutController } from './sign-out.controller.js';
import { TellClients } from './tell-clients.job.js';

@Module({
  imports: [AccountsModule, OAuthEndpointsModule, SessionsModule, SigningKeysModule, VaultModule],
  controllers: [EndSessionController, ProviderLogoutController, SignOutController],
  providers: [
    {
      provide: LogoutTickets,
      inject: [CookieKeys, CLOCK],
      useFactory: (keys: CookieKeys, clock: Clock) => new LogoutTickets(keys.derive('logout'), clock),
    },
    {
      provide: LogoutResponses,
      inject: [CsrfTokens, IssuerUrls, CONFIG],
      useFactory: (csrf: CsrfTokens, urls: IssuerUrls, config: AuthorizationServerPart) =>
        new LogoutResponses(csrf, urls, config),
    },
    IdTokenHints,
    CheckLogout,
    EndLogout,
    AnswerLogout,
    LogoutNotices,
    LogoutTokens,
    TellClients,
    EndedBrowsers,
    ProviderLogout,
  ],
})
export class LogoutModule {}
