import { Module } from '@nestjs/common';
import { BusKeyHandler } from './bus-key.handler.js';
import { BusKeyStore } from './bus-key.store.js';
import { BusKeys } from './bus-keys.flow.js';
import { Keyring } from './keyring.js';

@Module({
  controllers: [BusKeyHandler],
  providers: [Keyring, BusKeyStore, BusKeys],
  exports: [Keyring, BusKeys],
})
export class KeyringModule {}
