import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { ProviderModule } from '../provider/provider.module.js';
import { RefreshTokensModule } from '../refresh-tokens/refresh-tokens.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { AbandonSignIn } from './abandon-sign-in.js';
import { AnswerSignIn } from './answer-sign-in.js';
import { AttemptStore } from './attempt.store.js';
import { BeginLeg } from './begin-leg.js';
import { CallbackController } from './callback.controller.js';
import { CompleteSignIn } from './complete-sign-in.js';
import { DiscardAbandonedAttempts } from './discard-abandoned-attempts.js';
import { ReceiveLeg } from './receive-leg.js';
import { ShowSignIn } from './show-sign-in.js';
import { SignInController } from './sign-in.controller.js';
import { SignInPages } from './sign-in-pages.js';
import { SignInSteps } from './sign-in-steps.js';

@Module({
  imports: [
    ProviderModule,
    SigningKeysModule,
    SessionsModule,
    AccountsModule,
    RefreshTokensModule,
    VaultModule,
  ],
  controllers: [SignInController, CallbackController],
  providers: [
    AttemptStore,
    SignInSteps,
    SignInPages,
    ShowSignIn,
    AnswerSignIn,
    AbandonSignIn,
    DiscardAbandonedAttempts,
    BeginLeg,
    ReceiveLeg,
    CompleteSignIn,
  ],
  exports: [AttemptStore, BeginLeg, DiscardAbandonedAttempts],
})
export class SignInChainModule {}
