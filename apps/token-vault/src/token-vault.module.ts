import { type DynamicModule, Module } from '@nestjs/common';
import type { Log } from '@gatehouse/observability/log';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { FoundationModule } from '@gatehouse/service-process/foundation.module';
import { AdoptConnection } from './connections/adopt-connection.js';
import { AdoptStaged } from './connections/adopt-staged.js';
import { BeginConnection } from './connections/begin-connection.js';
import { CompleteConnection } from './connections/complete-connection.js';
import { ConnectionStore } from './connections/connection.store.js';
import { ConnectionsHandler } from './connections/connections.handler.js';
import { DiscardedAttemptStore } from './connections/discarded-attempt.store.js';
import { GiveBackGrant } from './connections/give-back-grant.js';
import { LegStores } from './connections/leg-stores.js';
import { LegsHandler } from './connections/legs.handler.js';
import { ListConnections } from './connections/list-connections.js';
import { OpenSession } from './connections/open-session.js';
import { PendingLegStore } from './connections/pending-leg.store.js';
import { ReceiveCallback } from './connections/receive-callback.js';
import { RevokeConnection } from './connections/revoke-connection.js';
import { SessionStore } from './connections/session.store.js';
import { SessionsHandler } from './connections/sessions.handler.js';
import { StagedConnectionStore } from './connections/staged-connection.store.js';
import { BackendStrategies } from './credentials/backend-strategies.js';
import { CredentialsHandler } from './credentials/credentials.handler.js';
import { ExchangeCredential } from './credentials/exchange-credential.js';
import { ExchangeSubjects } from './credentials/exchange-subject.js';
import { ExchangeClient } from './credentials/exchange.client.js';
import { ExchangedTokenStore } from './credentials/exchanged-token.store.js';
import { ExchangedTokens } from './credentials/exchanged-tokens.js';
import { InjectCredential } from './credentials/inject-credential.js';
import { ReleaseCredential } from './credentials/release-credential.js';
import { SubjectTokens } from './credentials/subject-tokens.js';
import { CustodyKeys } from './custody-log/custody-keys.js';
import { CustodyLog } from './custody-log/custody-log.js';
import { CustodyLogStore } from './custody-log/custody-log.store.js';
import { CustodyPartitions } from './custody-log/custody-partitions.js';
import { Jobs } from './jobs.js';
import { BusKeyHandler } from './keyring/bus-key.handler.js';
import { BusKeyStore } from './keyring/bus-key.store.js';
import { BusKeys } from './keyring/bus-keys.js';
import { Keyring } from './keyring/keyring.js';
import { EventOutboxStore } from './outbox/event-outbox.store.js';
import { Outbox } from './outbox/outbox.js';
import { PublishEvents } from './outbox/publish-events.js';
import { RevocationOutboxStore } from './outbox/revocation-outbox.store.js';
import { RevokeTokens } from './outbox/revoke-tokens.js';
import { PrismaDatabase } from './prisma-database.js';
import { CallbackSender } from './providers/callback-sender.js';
import { ProviderMetadataClient } from './providers/provider-metadata.client.js';
import { ProviderRegistry } from './providers/provider-registry.js';
import { ProviderClient } from './providers/provider.client.js';
import { SharedCallbacks } from './providers/shared-callbacks.js';
import { AnswerCopies } from './refresh/answer-copies.store.js';
import { CurrentTokensOf } from './refresh/current-tokens.js';
import { HeldLeases } from './refresh/held-leases.js';
import { KeptAnswers } from './refresh/kept-answers.js';
import { RecoverAnswers } from './refresh/recover-answers.js';
import { Redeem } from './refresh/redeem.js';
import { RefreshEndings } from './refresh/refresh-endings.js';
import { RefreshStore } from './refresh/refresh.store.js';
import { Refresher } from './refresh/refresher.js';
import { TakeOver } from './refresh/take-over.js';
import { Sweeper } from './sweeper.js';
import { VaultMetrics } from './vault-metrics.js';

const PROVIDERS = [ProviderRegistry, ProviderMetadataClient, ProviderClient, SharedCallbacks, CallbackSender];
const KEYRING = [Keyring, BusKeyStore, BusKeys];
const OUTBOX = [EventOutboxStore, RevocationOutboxStore, PublishEvents, RevokeTokens, Outbox];
const CONNECTIONS = [
  ConnectionStore,
  SessionStore,
  DiscardedAttemptStore,
  PendingLegStore,
  StagedConnectionStore,
  GiveBackGrant,
  LegStores,
  AdoptStaged,
  BeginConnection,
  ReceiveCallback,
  CompleteConnection,
  OpenSession,
  AdoptConnection,
  ListConnections,
  RevokeConnection,
];
const REFRESH = [
  RefreshStore,
  AnswerCopies,
  HeldLeases,
  TakeOver,
  KeptAnswers,
  RefreshEndings,
  Redeem,
  Refresher,
  RecoverAnswers,
  CurrentTokensOf,
];
const CUSTODY_LOG = [CustodyKeys, CustodyLogStore, CustodyLog, CustodyPartitions];
const CREDENTIALS = [
  BackendStrategies,
  SubjectTokens,
  ReleaseCredential,
  InjectCredential,
  ExchangeSubjects,
  ExchangeClient,
  ExchangedTokenStore,
  ExchangedTokens,
  ExchangeCredential,
];

/** The vault: OAuth client of the upstream providers, and custodian of every token that they give. */
@Module({})
export class TokenVaultModule {
  static forRoot(config: TokenVaultPart, log: Log): DynamicModule {
    return {
      module: TokenVaultModule,
      imports: [FoundationModule.forRoot('token-vault', config, log)],
      controllers: [BusKeyHandler, LegsHandler, SessionsHandler, ConnectionsHandler, CredentialsHandler],
      providers: [
        PrismaDatabase,
        VaultMetrics,
        ...PROVIDERS,
        ...KEYRING,
        ...OUTBOX,
        ...CONNECTIONS,
        ...REFRESH,
        ...CUSTODY_LOG,
        ...CREDENTIALS,
        Sweeper,
        Jobs,
      ],
    };
  }
}
