import { resolve } from 'node:path';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { natsUser } from '@gatehouse/config/secrets/secret-kinds';
import { isOutage } from '@gatehouse/kernel/outage';
import type { Secret } from '@gatehouse/kernel/secret';
import { provisionBus } from '@gatehouse/messaging/provision';
import { migrate as applyMigrations } from '@gatehouse/persistence/migrate';
import { databaseUnreachable } from '@gatehouse/persistence/reachable';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import { Cannot } from './cannot.js';
import { modelOf, readConfiguration, type Environment } from './configuration.js';
import type { Output } from './output.js';
import { migrationsOf } from './paths.js';
import { reasonOf } from './reason.js';
import { readWrittenSecret, writtenSections } from './written-secrets.js';

/**
 * Applies the migrations of both services, each with the role that owns its tables, and makes the streams and buckets of
 * the bus. Safe to run again and from several places at once.
 */
export async function migrate(file: string, environment: Environment, output: Output): Promise<number> {
  const configuration = readConfiguration(resolve(file));
  const model = modelOf(configuration, 'none', {});
  const { postgres, nats } = writtenSections(configuration);
  const { authorizationServer, tokenVault } = postgres;
  const owners = [
    ['authorization-server', model.authServer && authorizationServer?.url],
    ['token-vault', tokenVault.ownerUrl ?? tokenVault.url],
  ] as const;
  for (const [service, written] of owners) {
    if (written === undefined) continue;
    const url = readWrittenSecret(configuration, 'postgresUrl', written, environment);
    const applied = await migrateDatabase(service, url);
    output.line(`${service}: ${applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`}`);
  }
  const made = await provision(
    model,
    readWrittenSecret(configuration, 'natsCredentials', nats.provisioningCredentials, environment),
  );
  output.line(`bus: ${made.length === 0 ? 'up to date' : `made ${made.join(', ')}`}`);
  return 0;
}

/** @returns the migrations applied now. */
export async function migrateDatabase(
  service: 'authorization-server' | 'token-vault',
  url: Secret,
): Promise<readonly string[]> {
  const away = await databaseUnreachable(url);
  if (away !== undefined)
    throw new Cannot(`The database of ${service} was not migrated. ${away}`, 'tryAgain');
  const target = { url, schema: schemaOf(service), folder: migrationsOf(service) };
  return await applyMigrations(target).catch((error: unknown) => {
    const kind = isOutage(error) ? 'tryAgain' : 'failed';
    throw new Cannot(`The database of ${service} was not migrated: ${reasonOf(error)}`, kind);
  });
}

/** Makes the streams and buckets of the bus. @param credentials `user:password` of the provisioning user. */
export async function provision(
  { name, nats }: GatehouseModel,
  credentials: Secret,
): Promise<readonly string[]> {
  return await provisionBus({
    gatewayName: name,
    servers: nats.servers,
    ...natsUser(credentials),
    streamReplicas: nats.streamReplicas,
  }).catch((error: unknown) => {
    throw new Cannot(`NATS at ${nats.servers.join(', ')}: ${reasonOf(error)}`, 'tryAgain');
  });
}
