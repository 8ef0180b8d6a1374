import { resolve } from 'node:path';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { natsUser, type SecretKind } from '@gatehouse/config/secrets/secret-kinds';
import type { WrittenReference } from '@gatehouse/config/yaml/fields';
import { isOutage } from '@gatehouse/kernel/outage';
import type { Secret } from '@gatehouse/kernel/secret';
import { provisionBus } from '@gatehouse/messaging/provision';
import { migrate as applyMigrations } from '@gatehouse/persistence/migrate';
import { databaseUnreachable } from '@gatehouse/persistence/reachable';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import { Cannot } from './cannot.js';
import { modelOf, readConfiguration, type ConfigurationText, type Environment } from './configuration.js';
import type { Output } from './output.js';
import { migrationsOf } from './paths.js';
import { Patience, patienceMs } from './patience.js';
import { reasonOf } from './reason.js';
import type { TextStream } from './terminal.js';
import { readWrittenSecret, writtenSections } from './written-secrets.js';
import { inertJson } from './inert-text.js';

export type MigratedPart = 'databases' | 'bus';

interface MigrateOptions {
  readonly only?: MigratedPart;
  /** A duration: for databases and bus that do not answer yet, all together. */
  readonly wait?: string;
  /** Where the same goes as JSON. */
  readonly report?: TextStream;
}

/**
 * Applies the migrations of both services, each with the role that owns its tables, and makes the streams and buckets of
 * the bus. Safe to run again and from several places at once.
 */
export async function migrate(
  file: string,
  environment: Environment,
  output: Output,
  { only, wait, report }: MigrateOptions = {},
): Promise<number> {
  const patience = new Patience(patienceMs('--wait', wait), output);
  const configuration = readConfiguration(resolve(file));
  const model = modelOf(configuration, 'none', {});
  const secret = (kind: SecretKind, written: WrittenReference): Secret =>
    readWrittenSecret(configuration, kind, written, environment);
  const databases: Record<string, readonly string[]> = {};
  for (const [service, written] of only === 'bus' ? [] : databaseOwners(configuration, model)) {
    const url = secret('postgresUrl', written);
    const applied = await patience.untilDone(() => migrateDatabase(service, url));
    databases[service] = applied;
    output.line(`${service}: ${applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`}`);
  }
  let bus: readonly string[] | null = null;
  if (only !== 'databases') {
    const { provisioningCredentials } = writtenSections(configuration).nats;
    const credentials = secret('natsCredentials', provisioningCredentials);
    bus = await patience.untilDone(() => provision(model, credentials));
    output.line(`bus: ${bus.length === 0 ? 'up to date' : `made ${bus.join(', ')}`}`);
  }
  report?.write(`${inertJson({ applied: databases, made: bus })}\n`);
  return 0;
}

/** Where the URL of the role stands that owns the tables of each service. */
export function databaseOwners(
  configuration: ConfigurationText,
  model: GatehouseModel,
): readonly (readonly [service: 'authorization-server' | 'token-vault', url: WrittenReference])[] {
  const { authorizationServer, tokenVault } = writtenSections(configuration).postgres;
  const own = model.authServer && authorizationServer?.url;
  return [
    ...(own === undefined ? [] : [['authorization-server', own] as const]),
    ['token-vault', tokenVault.ownerUrl ?? tokenVault.url],
  ];
}

/** @returns the migrations applied now. */
export async function migrateDatabase(
  service: 'authorization-server' | 'token-vault',
  url: Secret,
): Promise<readonly string[]> {
  const away = await databaseUnreachable(url);
  if (away !== undefined)
    throw new Cannot(
      `The database of ${service} was not migrated. ${away} Start it, or correct its URL.`,
      'tryAgain',
    );
  const target = { url, schema: schemaOf(service), folder: migrationsOf(service) };
  return await applyMigrations(target).catch((error: unknown) => {
    const kind = isOutage(error) ? 'tryAgain' : 'failed';
    throw new Cannot(
      `The database of ${service} was not migrated: ${reasonOf(error)}. See what is wrong with it: gatehouse doctor --config <file>`,
      kind,
    );
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
    throw new Cannot(
      `NATS at ${nats.servers.join(', ')}: ${reasonOf(error)}. See whether it runs, and whether nats.provisioningCredentials are those that it has.`,
      'tryAgain',
    );
  });
}
