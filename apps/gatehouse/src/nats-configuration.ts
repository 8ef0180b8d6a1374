import { resolve } from 'node:path';
import { natsConfiguration } from '@gatehouse/messaging/nats-configuration';
import { modelOf, readConfiguration } from './configuration.js';

export interface NatsListenOptions {
  readonly host: string;
  readonly port: number;
  readonly monitorPort?: number;
  readonly storeDirectory?: string;
}

/** The nats-server configuration for one gateway: an account per service, with exactly the subjects that the contracts name. */
export const natsConfigurationFor = (file: string, listen: NatsListenOptions): string =>
  natsConfiguration({ gatewayName: modelOf(readConfiguration(resolve(file)), 'none', {}).name, ...listen });
