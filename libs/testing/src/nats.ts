import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES, type Service } from '@gatehouse/contracts/contract';
import { Secret } from '@gatehouse/kernel/secret';
import { type BusOptions, PROVISIONING } from '@gatehouse/messaging/bus-options';
import { natsConfiguration, passwordVariable } from '@gatehouse/messaging/nats-configuration';
import { provisionBus } from '@gatehouse/messaging/provision';
import { freePort } from './free-port.js';
import { TiedProcess } from './tied-process.js';

export interface TestNats {
  readonly url: string;
  /** How a service connects, as its own user. */
  optionsOf(service: Service): BusOptions;
  /** A user that may do everything in one service's account; no service has it. Tests watch the bus with it. */
  observerOf(service: Service): { readonly user: string; readonly pass: string };
  readonly provisioning: { readonly user: string; readonly pass: string };
  /** What proves the requests of the authorization server to the vault. */
  readonly requestKey: Secret;
  /** Ends the server at once; {@link TestNats.start} brings it back on the same port with what it had stored. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Comes back with nothing of what it had stored. */
  wipe(): Promise<void>;
  /** Makes the streams and buckets, as `gatehouse migrate` does; the server is started with them. */
  provision(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const observerOf = (service: Service) => ({ user: `observer-${service}`, pass: 'observer' });

/** A real `nats-server` with JetStream, the accounts and the permissions of production. */
export async function startTestNats(gatewayName = 'test'): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nats-'));
  const port = await freePort();
  const users = [...SERVICES, PROVISIONING] as const;
  const passwords = new Map(users.map((user) => [user, `p${randomBytes(12).toString('hex')}`]));
  const requestKey = new Secret(randomBytes(32).toString('base64url'));
  const configuration = natsConfiguration({
    gatewayName,
    host: '127.0.0.1',
    port,
    storeDirectory: join(folder, 'jetstream'),
  });
  const file = join(folder, 'nats.conf');
  await writeFile(
    file,
    SERVICES.reduce((text, service) => {
      const { user, pass } = observerOf(service);
      const own = `      {\n        user: "${service}"`;
      return text.replace(own, `      { user: "${user}", password: "${pass}" }\n${own}`);
    }, configuration),
  );
  let server: TiedProcess | undefined;

  const nats: TestNats = {
    url: `nats://127.0.0.1:${port}`,
    observerOf,
    provisioning: { user: PROVISIONING, pass: passwords.get(PROVISIONING) ?? '' },
    requestKey,
    optionsOf: (service) => ({
      servers: [`nats://127.0.0.1:${port}`],
      user: service,
      password: new Secret(passwords.get(service) ?? ''),
      gatewayName,
      service,
      requestKeys: service === 'vmcp-proxy' ? [] : [{ id: '1', key: requestKey }],
    }),
    provision: () =>
      provisionBus({
        gatewayName,
        servers: [nats.url],
        user: PROVISIONING,
        password: new Secret(passwords.get(PROVISIONING) ?? ''),
        streamReplicas: 1,
      }),
    async start() {
      const environment = Object.fromEntries(
        [...passwords].map(([user, password]) => [passwordVariable(user), password]),
      );
      server = new TiedProcess('KILL', ['nats-server', '-c', file], {
        env: { ...process.env, ...environment },
      });
      await ready(server);
    },
    async kill() {
      await server?.kill();
      server = undefined;
    },
    async wipe() {
      await nats.kill();
      await rm(join(folder, 'jetstream'), { recursive: true, force: true });
      await nats.start();
    },
    async close() {
      await nats.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await nats.start();
  await nats.provision();
  return nats;
}

async function ready(server: TiedProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    void server.ended.then(() => reject(new Error(`nats-server did not start: ${said}`)));
    server.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Server is ready')) resolve();
    });
  });
}
