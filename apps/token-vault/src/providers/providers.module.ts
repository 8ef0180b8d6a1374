import { Module } from '@nestjs/common';
import { CallbackSender } from './callback-sender.flow.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import { ProviderRegistry } from './provider-registry.js';
import { ProviderClient } from './provider.client.js';
import { SharedCallbacks } from './shared-callbacks.flow.js';

@Module({
  providers: [ProviderRegistry, ProviderMetadataClient, ProviderClient, SharedCallbacks, CallbackSender],
  exports: [ProviderMetadataClient, ProviderRegistry, ProviderClient, SharedCallbacks, CallbackSender],
})
export class ProvidersModule {}
