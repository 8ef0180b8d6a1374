import { ContractClient } from '@gatehouse/messaging/contract-client';
import { MessagingModule } from '@gatehouse/messaging/messaging.module';
import type { BusOptions } from '@gatehouse/messaging/bus-options';
import type { Log } from '@gatehouse/observability/log';
import { ObservabilityModule } from '@gatehouse/observability/observability.module';
import type { Secret } from '@gatehouse/kernel/secret';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { HttpLimits } from '@gatehouse/service-process/http-server';
import { startTokenVault } from '../service.js';
import { VaultClient } from './vault-client.js';
import { vaultConfig, type VaultConfigOptions } from './vault-config.js';

export interface TestVaultOptions extends Pick<
  VaultConfigOptions,
  | 'providers'
  | 'backends'
  | 'keyEncryptionKeys'
  | 'claimMappings'
  | 'access'
  | 'administrators'
  | 'userSecrets'
  | 'machineClients'
> {
  readonly databaseUrl: Secret;
  readonly nats: { optionsOf(service: BusOptions['service']): BusOptions };
  readonly log: Log;
  /** Default 1. */
  readonly replicas?: number;
  readonly limits?: HttpLimits;
}

export interface TestVault {
  /** Speaks to any replica, as the authorization server and the proxy do. */
  readonly client: VaultClient;
  readonly replicas: readonly NestFastifyApplication[];
  /** The first replica. */
  readonly app: NestFastifyApplication;
  /** Its health and metrics. */
  readonly internalOrigin: string;
  close(): Promise<void>;
}

/** Vaults as in production, and a client that is neither. */
export async function startTestVault(options: TestVaultOptions): Promise<TestVault> {
  const { log, nats } = options;
  const config = vaultConfig({ ...options, bus: nats.optionsOf('token-vault') });
  const running = await Promise.all(
    Array.from({ length: options.replicas ?? 1 }, () => startTokenVault(config, log, options.limits)),
  );
  const [first] = running;
  if (first === undefined) throw new Error('no replica');
  const callers = await Promise.all(
    (['authorization-server', 'vmcp-proxy'] as const).map((service) => caller(nats.optionsOf(service), log)),
  );
  const [authorizationServer, proxy] = callers.map(({ bus }) => bus);
  const client = new VaultClient({
    ask: async (contract, request) => {
      const bus = contract.calledBy.includes('authorization-server') ? authorizationServer : proxy;
      if (bus === undefined) throw new Error('no caller');
      return await bus.ask(contract, request);
    },
  });
  return {
    client,
    replicas: running.map(({ app }) => app),
    app: first.app,
    internalOrigin: `http://127.0.0.1:${first.internalPort}`,
    close: async () => {
      await Promise.all(callers.map(({ close }) => close()));
      await Promise.all(running.map((replica) => replica.close()));
    },
  };
}

/** A process that only asks. */
@Module({})
class CallerModule {}

async function caller(
  bus: BusOptions,
  log: Log,
): Promise<{ bus: ContractClient; close: () => Promise<void> }> {
  const app = await NestFactory.createApplicationContext(
    { module: CallerModule, imports: [ObservabilityModule.forRoot(log), MessagingModule.forRoot(bus)] },
    { logger: false },
  );
  return { bus: app.get(ContractClient), close: () => app.close() };
}
