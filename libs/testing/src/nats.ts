import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { Secret } from '@gatehouse/kernel/secret';
import { type BusOptions, type BusUser, PROVISIONING } from '@gatehouse/messaging/bus-options';
import { natsConfiguration, passwordVariable } from '@gatehouse/messaging/nats-configuration';
import { provisionBus } from '@gatehouse/messaging/provision';
import { freePort } from './free-port.js';
import { NatsRoutes } from './nats-routes.js';
import { NatsServer } from './nats-server.js';

export interface TestNats {
  readonly url: string;
  /** Of every server of the cluster. */
  readonly urls: readonly string[];
  readonly servers: readonly NatsServer[];
  /** The server still speaks to its clients, and to no other server, and nobody is told. */
  partition(index: number): void;
  /** All servers reach one another again. */
  heal(): void;
  /** How a service connects, as its own user. */
  optionsOf(service: Service): BusOptions;
  /** A user that may do everything in one service's account; no service has it. Tests watch the bus with it. */
  observerOf(service: Service): { readonly user: string; readonly pass: string };
  readonly provisioning: { readonly user: string; readonly pass: string };
  /** What proves the requests of the authorization server to the vault. */
  readonly requestKey: Secret;
  /** The servers have it when they are started next. */
  setPassword(user: BusUser, password: string): void;
  /** Ends all servers at once; {@link TestNats.start} brings them back on the same ports with what they had stored. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** The servers take up another configuration while they run, as some release's `gatehouse nats-configuration` prints it. */
  reload(configuration: string): Promise<void>;
  /** Comes back with nothing of what it had stored. */
  wipe(): Promise<void>;
  /** Makes the streams and buckets, as `gatehouse migrate` does; the server is started with them. */
  provision(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const PROVISIONED_WITHIN_MS = 60_000;
/** A process of a busy machine may take longer than the usual two seconds to say who it is. */
const PATIENT = '\nauthorization { timeout: 60 }\n';

const observerOf = (service: Service) => ({ user: `observer-${service}`, pass: 'observer' });

export interface TestNatsOptions {
  /** Servers of one cluster, each of which holds every stream and bucket; default 1. */
  readonly servers?: number | undefined;
  /** As where somebody has left it out of the server's configuration. */
  readonly withoutJetStream?: boolean;
  /** As some release's `gatehouse nats-configuration` prints it; then nothing is made there yet. Left out: this release's. */
  readonly configuration?: string | undefined;
}

/** A real `nats-server`, or several, with JetStream, the accounts and the permissions of production. */
export async function startTestNats(
  gatewayName = 'test',
  { servers: serverCount = 1, withoutJetStream = false, configuration: printed }: TestNatsOptions = {},
): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nats-'));
  const users = [...SERVICES, PROVISIONING] as const;
  const passwords = new Map(users.map((user) => [user, `p${randomBytes(12).toString('hex')}`]));
  const requestKey = new Secret(randomBytes(32).toString('base64url'));
  const routes = await NatsRoutes.between(serverCount);
  const environment: Record<string, string> = Object.fromEntries(
    [...passwords].map(([user, password]) => [passwordVariable(user), password]),
  );
  const ports = await Promise.all(Array.from({ length: serverCount }, async () => await freePort()));
  const storeOf = (index: number): string => join(folder, `jetstream-${index}`);
  const textOf = (whole: string, index: number): string => {
    const own = whole
      .replace(/^listen: .*$/m, `listen: "127.0.0.1:${ports[index] ?? 0}"`)
      .replace(/^jetstream \{.*\}$/m, `jetstream { store_dir: ${JSON.stringify(storeOf(index))} }`);
    const configuration = withoutJetStream ? own.replace(/^ *jetstream \{.*\}$/gm, '') : own;
    return `${withObservers(configuration)}${routes.configurationOf(index)}${PATIENT}`;
  };
  const first = printed ?? natsConfiguration({ gatewayName, host: '127.0.0.1', port: 4222 });
  const servers = await Promise.all(
    ports.map(async (port, index) => {
      const text = textOf(first, index);
      return await NatsServer.at({ folder, index, port, text, storeDirectory: storeOf(index), environment });
    }),
  );
  const urls = servers.map(({ url }) => url);
  const all = async (what: (server: NatsServer) => Promise<void>): Promise<void> => {
    await Promise.all(servers.map(what));
  };

  const nats: TestNats = {
    url: urls[0] ?? '',
    urls,
    servers,
    partition: (index) => routes.freeze(index),
    heal: () => routes.heal(),
    observerOf,
    get provisioning() {
      return { user: PROVISIONING, pass: passwords.get(PROVISIONING) ?? '' };
    },
    requestKey,
    optionsOf: (service) => ({
      servers: urls,
      user: service,
      password: new Secret(passwords.get(service) ?? ''),
      gatewayName,
      service,
      requestKeys: service === 'vmcp-proxy' ? [] : [{ id: '1', key: requestKey }],
    }),
    provision: () =>
      provisionBus({
        gatewayName,
        servers: urls,
        user: PROVISIONING,
        password: new Secret(passwords.get(PROVISIONING) ?? ''),
        streamReplicas: serverCount,
      }),
    setPassword: (user, password) => {
      passwords.set(user, password);
      environment[passwordVariable(user)] = password;
    },
    start: () => all((server) => server.start()),
    kill: () => all((server) => server.kill()),
    reload: async (configuration) => {
      for (const [index, server] of servers.entries()) await server.reload(textOf(configuration, index));
    },
    async wipe() {
      await nats.kill();
      await all((server) => server.wipe());
      await nats.start();
    },
    async close() {
      await nats.kill();
      await routes.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await nats.start();
  // A cluster must elect a leader first.
  if (!withoutJetStream && printed === undefined) await eventually(() => nats.provision());
  return nats;
}

const withObservers = (configuration: string): string =>
  SERVICES.reduce((text, service) => {
    const { user, pass } = observerOf(service);
    const own = `      {\n        user: "${service}"`;
    return text.replace(own, `      { user: "${user}", password: "${pass}" }\n${own}`);
  }, configuration);

async function eventually(work: () => Promise<unknown>): Promise<void> {
  for (const giveUpAtMs = Date.now() + PROVISIONED_WITHIN_MS; ;)
    try {
      await work();
      return;
    } catch (error) {
      if (Date.now() > giveUpAtMs) throw error;
      await pause(100);
    }
}
