import { Module } from '@nestjs/common';
import { BackendOAuthModule } from '../backend-oauth/backend-oauth.module.js';
import { CallbackSender } from './callback-sender.flow.js';
import { LogoutKeys } from './logout-keys.client.js';
import { ProviderHealth } from './provider-health.flow.js';
import { ProviderHealthStore } from './provider-health.store.js';
import { ProviderConfigurations } from './provider-configurations.client.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import { ProviderRegistrations } from './provider-registrations.flow.js';
import { ProviderRegistry } from './provider-registry.js';
import { ProvidersHandler } from './providers.handler.js';
import { ProviderClient } from './provider.client.js';
import { SharedCallbacks } from './shared-callbacks.flow.js';
import { Upstreams } from './upstreams.flow.js';

@Module({
  imports: [BackendOAuthModule],
  controllers: [ProvidersHandler],
  providers: [
    ProviderRegistry,
    ProviderMetadataClient,
    ProviderConfigurations,
    ProviderClient,
    ProviderRegistrations,
    ProviderHealthStore,
    ProviderHealth,
    Upstreams,
    SharedCallbacks,
    CallbackSender,
    LogoutKeys,
  ],
  exports: [
    LogoutKeys,
    ProviderMetadataClient,
    ProviderRegistrations,
    ProviderRegistry,
    Upstreams,
    SharedCallbacks,
    CallbackSender,
  ],
})
export class ProvidersModule {}
