import { Module } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AttemptsModule } from '../attempts/attempts.module.js';
import { CsrfTokens } from '../http/csrf.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { OAuthEndpointsModule } from '../oauth-endpoints/oauth-endpoints.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { AdoptConnections } from './adopt-connections.flow.js';
import { AnswerConnect } from './answer-connect.flow.js';
import { ChangeConnections } from './change-connections.flow.js';
import { ConnectResponses } from './connect-responses.js';
import { ConnectAttempts } from './connect-attempts.flow.js';
import { ConnectController } from './connect.controller.js';
import { ConnectForms } from './connect-forms.js';
import { ConnectLinks } from './connect-links.flow.js';
import { ConnectionsResponses } from './connections-responses.js';
import { ConnectionsController } from './connections.controller.js';
import { ContinueConnect } from './continue-connect.flow.js';
import { HomeController } from './home.controller.js';
import { LinkForms } from './link-forms.js';
import { OpenConnect } from './open-connect.flow.js';
import { OpenSecret } from './open-secret.flow.js';
import { ShowConnections } from './show-connections.flow.js';
import { StartConnect } from './start-connect.flow.js';
import { VisitProvider } from './visit-provider.flow.js';

@Module({
  imports: [AccountsModule, AttemptsModule, OAuthEndpointsModule, SessionsModule, VaultModule],
  controllers: [HomeController, ConnectionsController, ConnectController],
  providers: [
    {
      provide: LinkForms,
      inject: [CsrfTokens, IssuerUrls],
      useFactory: (csrf: CsrfTokens, urls: IssuerUrls) => new LinkForms(csrf, urls),
    },
    {
      provide: ConnectForms,
      inject: [CsrfTokens, IssuerUrls],
      useFactory: (csrf: CsrfTokens, urls: IssuerUrls) => new ConnectForms(csrf, urls),
    },
    {
      provide: ConnectResponses,
      inject: [ConnectForms, IssuerUrls, CONFIG],
      useFactory: (forms: ConnectForms, urls: IssuerUrls, config: AuthorizationServerPart) =>
        new ConnectResponses(forms, urls, config),
    },
    {
      provide: ConnectionsResponses,
      inject: [CsrfTokens, IssuerUrls, CONFIG, CLOCK],
      useFactory: (csrf: CsrfTokens, urls: IssuerUrls, config: AuthorizationServerPart, clock: Clock) =>
        new ConnectionsResponses(csrf, urls, config, clock),
    },
    ConnectLinks,
    OpenConnect,
    OpenSecret,
    StartConnect,
    VisitProvider,
    ConnectAttempts,
    AdoptConnections,
    ContinueConnect,
    AnswerConnect,
    ShowConnections,
    ChangeConnections,
  ],
})
export class ConnectionsModule {}
