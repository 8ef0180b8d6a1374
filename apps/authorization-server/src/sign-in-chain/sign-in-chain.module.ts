import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AttemptsModule } from '../attempts/attempts.module.js';
import { ConsentModule } from '../consent/consent.module.js';
import { CsrfTokens } from '../http/csrf.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { OAuthEndpointsModule } from '../oauth-endpoints/oauth-endpoints.module.js';
import { RefreshTokensModule } from '../refresh-tokens/refresh-tokens.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { AbandonSignIn } from './abandon-sign-in.flow.js';
import { AnswerSignIn } from './answer-sign-in.flow.js';
import { AskPerson } from './ask-person.flow.js';
import { CheckAccess } from './check-access.flow.js';
import { CompleteSignIn } from './complete-sign-in.flow.js';
import { CompletedSignIns } from './completed-sign-ins.js';
import { OpenSession } from './open-session.flow.js';
import { ShowSignIn } from './show-sign-in.flow.js';
import { SignInAttempts } from './sign-in-attempts.flow.js';
import { SignInController } from './sign-in.controller.js';
import { SignInForms } from './sign-in-forms.js';
import { SignInPages } from './sign-in-pages.flow.js';
import { SignInSteps } from './sign-in-steps.flow.js';
import { TakeStep } from './take-step.flow.js';
import { VisitLeg } from './visit-leg.flow.js';

@Module({
  imports: [
    AccountsModule,
    AttemptsModule,
    ConsentModule,
    OAuthEndpointsModule,
    RefreshTokensModule,
    SessionsModule,
    VaultModule,
  ],
  controllers: [SignInController],
  providers: [
    {
      provide: SignInForms,
      inject: [CsrfTokens, IssuerUrls],
      useFactory: (csrf: CsrfTokens, urls: IssuerUrls) => new SignInForms(csrf, urls),
    },
    SignInAttempts,
    SignInSteps,
    SignInPages,
    AskPerson,
    CheckAccess,
    TakeStep,
    ShowSignIn,
    AnswerSignIn,
    AbandonSignIn,
    CompletedSignIns,
    OpenSession,
    CompleteSignIn,
    VisitLeg,
  ],
})
export class SignInChainModule {}
