import type { BusOptions } from '@gatehouse/messaging/bus-options';
import type { VaultConfig } from './config.js';

/** The vault's own connection to the bus. */
export const busOptionsOf = (config: VaultConfig): BusOptions => ({
  ...config.nats,
  gatewayName: config.name,
  service: 'token-vault',
});
