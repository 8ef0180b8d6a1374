import { Module } from '@nestjs/common';
import { Envelope } from '@gatehouse/sealing/envelope';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { ClientTermsModule } from '../client-terms/client-terms.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { LostAnswers } from './lost-answers.flow.js';
import { RedeemRefreshToken } from './redeem-refresh-token.flow.js';
import { RefreshTokenStore } from './refresh-token.store.js';
import { SuccessorSeal } from './successor-seal.js';
import { TheftAlarm } from './theft-alarm.flow.js';

@Module({
  imports: [ClientTermsModule, SessionsModule, SigningKeysModule],
  providers: [
    RefreshTokenStore,
    TheftAlarm,
    RedeemRefreshToken,
    LostAnswers,
    {
      provide: SuccessorSeal,
      inject: [Envelope, CONFIG],
      useFactory: (envelope: Envelope, { name }: AuthorizationServerPart) =>
        new SuccessorSeal(envelope, name),
    },
  ],
  exports: [RefreshTokenStore, RedeemRefreshToken, TheftAlarm, LostAnswers],
})
export class RefreshTokensModule {}
