import { Module } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { AccountsModule } from '../accounts/accounts.module.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { CookieKeys } from '../signing-keys/cookie-keys.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { AttemptCookies } from './attempt-cookies.js';
import { ArrivedAnswers } from './arrived-answers.flow.js';
import { AdmitPerson } from './admit-person.flow.js';
import { AttemptStore } from './attempt.store.js';
import { BeginLeg } from './begin-leg.flow.js';
import { BrowserAttempts } from './browser-attempts.flow.js';
import { CallbackController } from './callback.controller.js';
import { CallbackPages } from './callback-pages.js';
import { ClientMetadataController } from './client-metadata.controller.js';
import { DiscardAbandonedAttempts } from './discard-abandoned-attempts.job.js';
import { ReceiveLeg } from './receive-leg.flow.js';
import { RecordLeg } from './record-leg.flow.js';

/** Attempts and their legs. A sign-in and a visit of the connect page are two ways to walk one. */
@Module({
  imports: [AccountsModule, SigningKeysModule, VaultModule],
  controllers: [CallbackController, ClientMetadataController],
  providers: [
    AttemptStore,
    {
      provide: AttemptCookies,
      inject: [CookieKeys, IssuerUrls],
      useFactory: (keys: CookieKeys, { isHttps }: IssuerUrls) =>
        new AttemptCookies(keys.derive('attempts'), isHttps),
    },
    {
      provide: CallbackPages,
      inject: [IssuerUrls, CONFIG],
      useFactory: (urls: IssuerUrls, config: AuthorizationServerPart) => new CallbackPages(urls, config),
    },
    AdmitPerson,
    ArrivedAnswers,
    BrowserAttempts,
    BeginLeg,
    ReceiveLeg,
    RecordLeg,
    DiscardAbandonedAttempts,
  ],
  exports: [AdmitPerson, AttemptStore, AttemptCookies, ArrivedAnswers, BeginLeg, DiscardAbandonedAttempts],
})
export class AttemptsModule {}
