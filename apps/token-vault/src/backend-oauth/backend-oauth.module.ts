import { Module } from '@nestjs/common';
import { KeyringModule } from '../keyring/keyring.module.js';
import { BackendDiscovery } from './backend-discovery.client.js';
import { BackendOAuth } from './backend-oauth.flow.js';
import { GatewayClients } from './gateway-clients.flow.js';
import { RegisteredClientStore } from './registered-client.store.js';
import { RegisteredClients } from './registered-clients.flow.js';

@Module({
  imports: [KeyringModule],
  providers: [RegisteredClientStore, RegisteredClients, BackendDiscovery, GatewayClients, BackendOAuth],
  exports: [BackendOAuth, RegisteredClientStore, RegisteredClients],
})
export class BackendOAuthModule {}
