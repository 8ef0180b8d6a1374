import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import type { Problem } from '@gatehouse/config/findings/problems';
import { DEFAULT_PORT_BASE } from '@gatehouse/kernel/default-ports';
import { Cannot } from '../cannot.js';
import {
  checked,
  checkParts,
  readConfiguration,
  type ConfigurationText,
  type Environment,
} from '../configuration.js';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import type { BridgePlan } from './bridge.js';
import { demonstrationValues, keyEncryptionKeys } from './demonstration.js';
import { isUsableBase, movePorts, planPorts, type PortPlan } from './ports.js';
import { databaseUrl } from './postgres.js';
import { ownValues } from './services.js';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import type { StateFolder } from './state.js';

export interface UpOptions {
  readonly once: boolean;
  readonly json: boolean;
  readonly portBase: number;
  readonly stateFolder: string;
  /** Absent: the demonstration. */
  readonly configFile?: string;
  readonly replicas: number;
  /** Of the Postgres that is started for one's own file; absent: the one of the row. */
  readonly postgresPort?: number;
}

/** Everything that is decided before the first process starts. */
export interface UpPlan {
  readonly configuration: ConfigurationText;
  readonly model: GatehouseModel;
  readonly warnings: readonly Problem[];
  readonly isDemonstration: boolean;
  /** Where a configuration with moved ports was written; absent when the file is used as it is. */
  readonly movedTo: string | undefined;
  readonly ports: PortPlan;
  readonly services: readonly Service[];
  /** Whether a Postgres is started too: yes, unless the environment names databases. */
  readonly ownPostgres: boolean;
  readonly valuesOf: (service: Service) => Environment;
  /** Present where a backend has a command. */
  readonly bridge?: BridgePlan;
}

const DATABASE_VARIABLES = ['AUTHORIZATION_SERVER_DATABASE_URL', 'TOKEN_VAULT_DATABASE_URL'] as const;

/** Reads and checks the configuration, and fixes ports and values. Nothing is started. */
export function planUp(options: UpOptions, state: StateFolder, environment: Environment): UpPlan {
  if (!isUsableBase(options.portBase, options.replicas))
    throw new Cannot(
      `--port-base ${options.portBase} leaves no room: the ports have to lie between 1024 and 65535.`,
      'usage',
    );
  const isDemonstration = options.configFile === undefined;
  const { configuration, movedTo } = configurationFor(options, state);
  const { model, warnings } = checked(configuration, 'none', {});
  const ownPostgres = isDemonstration || !namesDatabases(model, environment);
  const basePorts = { ...planPorts(options.portBase), ...(isDemonstration ? {} : ownPorts(model, options)) };
  const databaseUrls = ownPostgres ? databaseUrlsOf(state, basePorts.postgres) : {};
  const given = isDemonstration
    ? demonstrationValues(state.secrets)
    : { ...keyEncryptionKeys(state.secrets), ...environment };
  const valuesOf = (service: Service): Environment => ({
    ...given,
    ...ownValues(service, state.secrets, databaseUrls),
  });
  const services = SERVICES.filter(
    (name) => name !== 'authorization-server' || model.authServer !== undefined,
  );
  const bridge = model.backends.some(({ stdio }) => stdio !== undefined)
    ? { ...model.listen.bridge, environment: given }
    : undefined;
  checkParts(configuration, [
    ...services.map((part) => ({ part, environment: valuesOf(part) })),
    ...(bridge === undefined ? [] : [{ part: 'bridge' as const, environment: given }]),
  ]);
  const { proxy, authorizationServer, tokenVault } = model.listen;
  const ports = {
    ...basePorts,
    proxy: proxy.port,
    authorizationServer: authorizationServer.port,
    tokenVault: tokenVault.internal.port,
    proxyInternal: proxy.internal.port,
    authorizationServerInternal: authorizationServer.internal.port,
  };
  return {
    configuration,
    model,
    warnings,
    isDemonstration,
    movedTo,
    ports,
    services,
    ownPostgres,
    valuesOf,
    ...(bridge === undefined ? {} : { bridge }),
  };
}

/** Whether the environment names the databases. One alone is a mistake, and nobody is to find out later which one was used. */
function namesDatabases(model: GatehouseModel, environment: Environment): boolean {
  const needed = DATABASE_VARIABLES.filter(
    (name) => name !== 'AUTHORIZATION_SERVER_DATABASE_URL' || model.authServer !== undefined,
  );
  const missing = needed.filter((name) => environment[name] === undefined);
  const [left] = missing;
  if (left === undefined || missing.length === needed.length) return left === undefined;
  const set = needed.find((name) => name !== left) ?? '';
  throw new Cannot(
    `${set} is set, and ${left} is not. Set both to use databases of your own: export ${left}=postgres://…; or neither: unset ${set}`,
    'configuration',
  );
}

function configurationFor(
  options: UpOptions,
  state: StateFolder,
): { configuration: ConfigurationText; movedTo: string | undefined } {
  if (options.configFile !== undefined)
    return { configuration: readConfiguration(resolve(options.configFile)), movedTo: undefined };
  const original = readConfiguration(DEMONSTRATION_CONFIGURATION);
  if (options.portBase === DEFAULT_PORT_BASE) {
    // Other commands take what is there for the file of the gateway that runs.
    rmSync(state.path('gatehouse.yaml'), { force: true });
    return { configuration: original, movedTo: undefined };
  }
  const text = movePorts(original.text, DEFAULT_PORT_BASE, options.portBase);
  const document = state.write('gatehouse.yaml', text);
  return { configuration: { document, text }, movedTo: document };
}

const databaseUrlsOf = (
  state: StateFolder,
  port: number,
): Record<(typeof DATABASE_VARIABLES)[number], string> => ({
  AUTHORIZATION_SERVER_DATABASE_URL: databaseUrl(
    'authorization_server',
    state.secrets.authorizationServerDatabasePassword,
    port,
  ),
  TOKEN_VAULT_DATABASE_URL: databaseUrl('token_vault', state.secrets.tokenVaultDatabasePassword, port),
});

/** Ports of what is started beside the services of one's own file: Postgres has none in the file, NATS has one. */
function ownPorts(model: GatehouseModel, { postgresPort }: UpOptions): Partial<PortPlan> {
  return { nats: natsPort(model), ...(postgresPort === undefined ? {} : { postgres: postgresPort }) };
}

/** `up` starts its own NATS with its own passwords, so a configuration for another NATS is refused. */
function natsPort(model: GatehouseModel): number {
  const [server = '', ...more] = model.nats.servers;
  const { hostname, port } = new URL(server);
  if (more.length === 0 && ['127.0.0.1', 'localhost'].includes(hostname))
    return Number(port === '' ? 4222 : port);
  throw new Cannot(
    `\`gatehouse up\` starts NATS on this machine, but nats.servers names ${model.nats.servers.join(', ')}.\n` +
      `Write nats.servers: [nats://127.0.0.1:${planPorts(DEFAULT_PORT_BASE).nats}], or start the services one by one beside your own NATS.`,
    'configuration',
  );
}
