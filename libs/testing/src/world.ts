import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALLOCATOR_ENVIRONMENT, NODE_FLAGS } from '@gatehouse/kernel/node-flags';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { Demonstration } from './demonstration.js';
import { freePortBase } from './free-port.js';
import { LoadBalancer } from './load-balancer.js';
import { startTestNats, type TestNats } from './nats.js';
import { startTestDatabase, type TestDatabase } from './postgres.js';
import { answersOk, Program, READABLE_STACKS, type ProgramOptions } from './program.js';
import { inRepository } from './repository.js';

export interface WorldOptions {
  /** Of each service; default 1. */
  readonly replicas?: number;
  /** Of the proxy alone; default: as many as of the others. */
  readonly proxies?: number;
  /** Flags of the demonstration program, such as token lifetimes. */
  readonly demonstrationFlags?: readonly string[] | ((portBase: number) => readonly string[]);
  /** Processes of every replica of the proxy, or of each; default 1. */
  readonly workers?: number | readonly number[];
  /** The text of a gatehouse.yaml instead of the demonstration's; its local addresses are the demonstration's. */
  readonly configuration?: string;
  /** Changes the gatehouse.yaml before anybody reads it; ports are already those of this world. */
  readonly configure?: (yaml: string) => string;
  /** Changes it for one replica of the proxy; they are counted from 0. */
  readonly configureProxy?: (yaml: string, replica: number) => string;
  /** Changes it for each service, whenever its file is written. */
  readonly configureService?: (yaml: string, service: Service) => string;
  /** Makes what has to be there before a service starts, such as files with secrets. */
  readonly prepare?: (parts: Pick<World, 'databases' | 'nats'>) => Promise<void>;
  /** Another release that runs at first. `prepare` applies its migrations and makes its streams: nothing is there yet. */
  readonly release?: { readonly folder: string; readonly busConfiguration: string } | undefined;
  /** Servers of the bus; default 1. */
  readonly natsServers?: number;
  /** The URL of a superuser of the Postgres server; default: the run's. */
  readonly postgres?: string;
  /** Variables of a service's process, beside its secrets. */
  readonly environment?: Partial<Readonly<Record<Service, Readonly<Record<string, string>>>>>;
  /** Flags of Node for the services, beside those of production; left out: those that make stacks readable. */
  readonly nodeFlags?: readonly string[];
  /** How often replicas are asked whether they are ready; left out: as soon as it may matter to a test. */
  readonly probeEveryMs?: number;
  /** Another way for the services to a database (named by its owner) or to the bus, such as a link that can break. */
  readonly reach?: (part: Reached, url: string) => Promise<string>;
}

/** What the services reach by a URL. */
export type Reached = 'authorization-server' | 'token-vault' | 'nats';

const DEMONSTRATION_BASE = 4483;
const DEMONSTRATION_CONFIGURATION = 'examples/demonstration/gatehouse.yaml';
const LISTEN_KEYS = {
  'authorization-server': 'authorizationServer',
  'token-vault': 'tokenVault',
  'vmcp-proxy': 'proxy',
} as const;
const OFFSETS = { 'vmcp-proxy': 0, 'authorization-server': 1 } as const;
const INTERNAL_OFFSETS = { 'token-vault': 2, 'vmcp-proxy': 3, 'authorization-server': 4 } as const;
/** What stands before the replicas, and the demonstration. */
const SHARED_PORTS = 12;
const PORTS_OF_REPLICA = 5;

/** All of Gatehouse as processes of its own, around real Postgres, NATS, identity providers and backends. */
export interface World {
  readonly mcpUrl: string;
  readonly issuer: string;
  readonly portBase: number;
  readonly nats: TestNats;
  readonly demonstration: Demonstration;
  readonly databases: Readonly<Record<'authorization-server' | 'token-vault', TestDatabase>>;
  readonly replicas: Readonly<Record<Service, readonly Program[]>>;
  /** What stands before the replicas of a service. */
  readonly balancers: Readonly<Record<'vmcp-proxy' | 'authorization-server', LoadBalancer>>;
  /** The ports that the replicas of a service listen on themselves. */
  portsOf(service: keyof typeof OFFSETS): readonly number[];
  /** Where they have health and metrics. */
  internalPortsOf(service: Service): readonly number[];
  /** Changes the file of every service while it runs. Of each service the replicas come one after the other. */
  reconfigure(configure: (yaml: string) => string, services?: readonly Service[]): Promise<void>;
  /** Everything that any service printed. */
  logs(): string;
  close(): Promise<void>;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { replicas: ofEach = 1, proxies = ofEach } = options;
  const text = options.configuration ?? (await readFile(inRepository(DEMONSTRATION_CONFIGURATION), 'utf8'));
  const portBase = await freePortBase(SHARED_PORTS);
  const replicaBase = await freePortBase(PORTS_OF_REPLICA * Math.max(ofEach, proxies));
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-world-'));
  const { release } = options;
  const onServer = { server: options.postgres, isEmpty: release !== undefined };
  const [authorizationServerDatabase, tokenVaultDatabase, nats] = await Promise.all([
    startTestDatabase('authorization-server', onServer),
    startTestDatabase('token-vault', onServer),
    // The bus has a place for each gateway, by its name.
    startTestNats(/^name: (\S+)/m.exec(text)?.[1] ?? 'demo', {
      servers: options.natsServers,
      configuration: release?.busConfiguration,
    }),
  ]);
  const databases = {
    'authorization-server': authorizationServerDatabase,
    'token-vault': tokenVaultDatabase,
  };
  const { demonstrationFlags: flags } = options;
  const demonstration = new Demonstration(portBase, typeof flags === 'function' ? flags(portBase) : flags);
  const reach = options.reach ?? (async (_part: Reached, url: string) => await Promise.resolve(url));
  const yaml = worldConfiguration(
    text,
    portBase,
    await reach('nats', nats.urls.join(', ')),
    options.configure,
  );
  // With an issuer of somebody else there is no authorization server.
  const hasAuthServer = /^authServer:/m.test(yaml);
  const countOf = (service: Service): number => {
    if (service === 'authorization-server' && !hasAuthServer) return 0;
    return service === 'vmcp-proxy' ? proxies : ofEach;
  };
  const environments = environmentsOf(nats, {
    'authorization-server': await reach('authorization-server', authorizationServerDatabase.url.reveal()),
    'token-vault': await reach('token-vault', tokenVaultDatabase.url.reveal()),
  });
  const portsAt = (service: Service, offset: number): readonly number[] =>
    Array.from(
      { length: countOf(service) },
      (_, replica) => replicaBase + replica * PORTS_OF_REPLICA + offset,
    );
  const portsOf = (service: keyof typeof OFFSETS) => portsAt(service, OFFSETS[service]);
  const internalPortsOf = (service: Service) => portsAt(service, INTERNAL_OFFSETS[service]);
  const readyUrlOf = (service: keyof typeof OFFSETS) => (port: number) =>
    `http://127.0.0.1:${port - OFFSETS[service] + INTERNAL_OFFSETS[service]}/readyz`;
  const files: { readonly service: Service; readonly write: (text: string) => Promise<void> }[] = [];
  const replicasOf = async (service: Service) =>
    await Promise.all(
      internalPortsOf(service).map(async (internalPort, replica) => {
        const file = join(folder, `${service}-${replica}.yaml`);
        const port = service === 'token-vault' ? undefined : portsOf(service)[replica];
        const own = service === 'vmcp-proxy' ? (options.configureProxy?.(yaml, replica) ?? yaml) : yaml;
        const ports = { port, internalPort, workers: workersOf(options, replica) };
        const { configureService = (text: string) => text } = options;
        const write = async (text: string): Promise<void> =>
          await writeFile(file, configureService(withListenPorts(text, service, ports), service));
        files.push({ service, write });
        await write(own);
        const script = scriptOf(service, release?.folder);
        return serviceProgram(`${service} ${replica}`, script, internalPort, file, {
          environment: {
            ...ALLOCATOR_ENVIRONMENT,
            ...environments[service],
            ...options.environment?.[service],
          },
          nodeFlags: [...NODE_FLAGS, ...(options.nodeFlags ?? READABLE_STACKS)],
        });
      }),
    );
  const replicas = {
    'authorization-server': await replicasOf('authorization-server'),
    'token-vault': await replicasOf('token-vault'),
    'vmcp-proxy': await replicasOf('vmcp-proxy'),
  };
  const programs = SERVICES.flatMap((service) => replicas[service]);
  const balancers = {
    'vmcp-proxy': new LoadBalancer(portsOf('vmcp-proxy'), readyUrlOf('vmcp-proxy'), options.probeEveryMs),
    'authorization-server': new LoadBalancer(
      portsOf('authorization-server'),
      readyUrlOf('authorization-server'),
      options.probeEveryMs,
    ),
  };
  const world: World = {
    mcpUrl: `http://localhost:${portBase}/mcp`,
    issuer: `http://localhost:${portBase + 1}`,
    portBase,
    nats,
    demonstration,
    databases,
    replicas,
    balancers,
    portsOf,
    internalPortsOf,
    reconfigure: async (configure, services = SERVICES) => {
      for (const { service, write } of files) if (services.includes(service)) await write(configure(yaml));
    },
    logs: () => programs.map((program) => program.output).join('\n'),
    async close() {
      await Promise.all(Object.values(balancers).map((balancer) => balancer.close()));
      await Promise.all([...programs, demonstration.program].map((program) => program.stop()));
      await nats.close();
      await Promise.all(Object.values(databases).map((database) => database.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await options.prepare?.(world);
    await Promise.all([
      demonstration.program.start(),
      ...programs.map((program) => program.start()),
      balancers['vmcp-proxy'].listen(portBase + OFFSETS['vmcp-proxy']),
      balancers['authorization-server'].listen(portBase + OFFSETS['authorization-server']),
    ]);
    return world;
  } catch (error) {
    await world.close();
    throw error;
  }
}

const workersOf = ({ workers = 1 }: WorldOptions, replica: number): number =>
  typeof workers === 'number' ? workers : (workers[replica] ?? 1);

/** The program of a service. @param release the folder of another one */
export const scriptOf = (service: Service, release = inRepository()): string =>
  join(release, 'apps', service, 'dist/main.js');

const serviceProgram = (
  name: string,
  script: string,
  internalPort: number,
  file: string,
  started: Pick<ProgramOptions, 'environment' | 'nodeFlags'>,
) =>
  new Program({
    name,
    script,
    args: ['--config', file],
    ...started,
    isReady: () => answersOk(`http://127.0.0.1:${internalPort}/readyz`),
  });

/** A configuration with the demonstration's addresses, on this world's ports. */
function worldConfiguration(
  text: string,
  portBase: number,
  natsUrl: string,
  configure?: (yaml: string) => string,
): string {
  const moved = text
    .replaceAll(
      /\b(localhost:)(44\d\d)\b/g,
      (_all, host: string, port: string) => host + String(Number(port) - DEMONSTRATION_BASE + portBase),
    )
    .replace(/servers: \[.*\]/, `servers: [${natsUrl}]`);
  return configure === undefined ? moved : configure(moved);
}

function withListenPorts(
  yaml: string,
  service: Service,
  {
    port,
    internalPort,
    workers,
  }: { readonly port: number | undefined; readonly internalPort: number; readonly workers: number },
): string {
  const internal = `internal: { host: 127.0.0.1, port: ${internalPort} }`;
  const open = port === undefined ? '' : `host: 127.0.0.1, port: ${port}, `;
  const listener = `{ ${open}${internal}${service === 'vmcp-proxy' ? `, workers: ${workers}` : ''} }`;
  if (!/^listen:/m.test(yaml)) return `${yaml}\nlisten:\n  ${LISTEN_KEYS[service]}: ${listener}\n`;
  return yaml.replace(
    new RegExp(`^( *${LISTEN_KEYS[service]}: )\\{ (?:host|internal).*$`, 'm'),
    `$1${listener}`,
  );
}

/** Each service gets its own secrets and no others, as in a deployment. */
function environmentsOf(
  nats: TestNats,
  databaseUrls: Readonly<Record<'authorization-server' | 'token-vault', string>>,
): Readonly<Record<Service, Readonly<Record<string, string>>>> {
  const key = () => randomBytes(32).toString('base64url');
  const credentials = (service: Service) => `${service}:${nats.optionsOf(service).password.reveal()}`;
  return {
    'authorization-server': {
      NATS_CREDENTIALS: credentials('authorization-server'),
      VAULT_REQUEST_KEY: nats.requestKey.reveal(),
      AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY: key(),
      AUTHORIZATION_SERVER_DATABASE_URL: databaseUrls['authorization-server'],
    },
    'token-vault': {
      NATS_CREDENTIALS: credentials('token-vault'),
      VAULT_REQUEST_KEY: nats.requestKey.reveal(),
      TOKEN_VAULT_KEY_ENCRYPTION_KEY: key(),
      TOKEN_VAULT_DATABASE_URL: databaseUrls['token-vault'],
      ACME_SSO_CLIENT_SECRET: 'acme-demo-secret',
      OCTO_CLIENT_SECRET: 'octo-demo-secret',
      STS_CLIENT_SECRET: 'sts-demo-secret',
    },
    'vmcp-proxy': { NATS_CREDENTIALS: credentials('vmcp-proxy'), REPORTS_API_KEY: 'reports-demo-key' },
  };
}
