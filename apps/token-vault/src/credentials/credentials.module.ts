import { Module } from '@nestjs/common';
import { KeyringModule } from '../keyring/keyring.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { RefreshModule } from '../refresh/refresh.module.js';
import { CustodyLogModule } from '../custody-log/custody-log.module.js';
import { AccessHandler } from './access.handler.js';
import { BackendStrategies } from './backend-strategies.js';
import { CallerSubjects } from './caller-subjects.flow.js';
import { CredentialMetrics } from './credential-metrics.js';
import { CredentialsHandler } from './credentials.handler.js';
import { ExchangeCredential } from './exchange-credential.flow.js';
import { ExchangeActors } from './exchange-actors.flow.js';
import { ExchangeParties } from './exchange-parties.flow.js';
import { ExchangeSubjects } from './exchange-subjects.flow.js';
import { ExchangedTokenStore } from './exchanged-token.store.js';
import { ExchangedTokens } from './exchanged-tokens.flow.js';
import { IssueClient } from './issue.client.js';
import { InjectCredential } from './inject-credential.flow.js';
import { JudgePerson } from './judge-person.flow.js';
import { PersonClaims } from './person-claims.flow.js';
import { PersonToJudge } from './person-to-judge.flow.js';
import { ReleaseCredential } from './release-credential.flow.js';
import { SaidOfPerson } from './said-of-person.flow.js';
import { StsClient } from './sts.client.js';
import { StepUp } from './step-up.flow.js';
import { SubjectTokens } from './subject-tokens.flow.js';
import { TokenEndpointClient } from './token-endpoint.client.js';

@Module({
  imports: [KeyringModule, ProvidersModule, ConnectionsModule, RefreshModule, CustodyLogModule],
  controllers: [CredentialsHandler, AccessHandler],
  providers: [
    BackendStrategies,
    CredentialMetrics,
    SubjectTokens,
    SaidOfPerson,
    PersonClaims,
    PersonToJudge,
    JudgePerson,
    ReleaseCredential,
    StepUp,
    InjectCredential,
    CallerSubjects,
    ExchangeSubjects,
    ExchangeActors,
    ExchangeParties,
    IssueClient,
    StsClient,
    TokenEndpointClient,
    ExchangedTokenStore,
    ExchangedTokens,
    ExchangeCredential,
  ],
})
export class CredentialsModule {}
