import { Module } from '@nestjs/common';
import { AttemptsModule } from '../attempts/attempts.module.js';
import { ClientTermsModule } from '../client-terms/client-terms.module.js';
import { ClientsModule } from '../clients/clients.module.js';
import { OAuthEndpointsModule } from '../oauth-endpoints/oauth-endpoints.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { VaultModule } from '../vault/vault.module.js';
import { AccountActs } from './account-acts.flow.js';
import { Acts } from './acts.flow.js';
import { AdministeredAccounts } from './administered-accounts.store.js';
import { AdministeredClients } from './administered-clients.store.js';
import { AdministeredConnections } from './administered-connections.flow.js';
import { AdministeredSessions } from './administered-sessions.store.js';
import { AdministrationLog } from './administration-log.js';
import { AdministrationController } from './administration.controller.js';
import { Administrators } from './administrators.flow.js';
import { ClientActs } from './client-acts.flow.js';
import { DeleteAccount } from './delete-account.flow.js';
import { LimitActs } from './limit-acts.flow.js';
import { ProviderActs } from './provider-acts.flow.js';

@Module({
  imports: [
    AttemptsModule,
    ClientTermsModule,
    ClientsModule,
    OAuthEndpointsModule,
    SessionsModule,
    VaultModule,
  ],
  providers: [
    AdministeredAccounts,
    AdministeredClients,
    AdministeredConnections,
    AdministeredSessions,
    AccountActs,
    ClientActs,
    ProviderActs,
    LimitActs,
    Acts,
    DeleteAccount,
    Administrators,
    AdministrationLog,
    AdministrationController,
  ],
})
export class AdministrationModule {}
