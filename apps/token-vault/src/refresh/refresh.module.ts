import { Module } from '@nestjs/common';
import { KeyringModule } from '../keyring/keyring.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { AnswerCopies } from './answer-copies.store.js';
import { CurrentTokensOf } from './current-tokens.flow.js';
import { HeldLeases } from './held-leases.flow.js';
import { KeptAnswers } from './kept-answers.flow.js';
import { RecoverAnswers } from './recover-answers.flow.js';
import { ObtainAnswer } from './obtain-answer.flow.js';
import { PublishTokens } from './publish-tokens.flow.js';
import { Redeem } from './redeem.flow.js';
import { RefreshEndings } from './refresh-endings.flow.js';
import { RefreshMetrics } from './refresh-metrics.js';
import { RefreshStore } from './refresh.store.js';
import { Refresher } from './refresher.flow.js';
import { TakeOver } from './take-over.flow.js';

@Module({
  imports: [KeyringModule, ProvidersModule, OutboxModule, ConnectionsModule],
  providers: [
    RefreshStore,
    AnswerCopies,
    RefreshMetrics,
    HeldLeases,
    TakeOver,
    KeptAnswers,
    RefreshEndings,
    ObtainAnswer,
    PublishTokens,
    Redeem,
    Refresher,
    RecoverAnswers,
    CurrentTokensOf,
  ],
  exports: [CurrentTokensOf, RecoverAnswers, RefreshEndings],
})
export class RefreshModule {}
