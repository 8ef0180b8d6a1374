import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service } from '@gatehouse/contracts/contract';
import { Secret } from '@gatehouse/kernel/secret';
import type { BusOptions } from '@gatehouse/messaging/bus-options';
import { natsConfiguration, passwordVariable } from '@gatehouse/messaging/nats-configuration';
import { SERVICES } from '@gatehouse/messaging/nats-permissions';
import { freePort } from './free-port.js';

export interface TestNats {
  readonly url: string;
  /** How a service connects, as its own user. */
  optionsOf(service: Service): BusOptions;
  /** A user that may do everything; no service has it. Tests watch the bus with it. */
  readonly observer: { readonly user: string; readonly pass: string };
  /** Ends the server at once; {@link TestNats.start} brings it back on the same port with what it had stored. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const OBSERVER = { user: 'observer', pass: 'observer' };

/** A real `nats-server` with JetStream, the users and the permissions of production. */
export async function startTestNats(gatewayName = 'test'): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nats-'));
  const port = await freePort();
  const passwords = new Map(SERVICES.map((service) => [service, `p${randomBytes(12).toString('hex')}`]));
  const configuration = natsConfiguration({
    gatewayName,
    host: '127.0.0.1',
    port,
    storeDirectory: join(folder, 'jetstream'),
  });
  const file = join(folder, 'nats.conf');
  await writeFile(
    file,
    configuration.replace(
      '  users: [\n',
      `  users: [\n    { user: "${OBSERVER.user}", password: "${OBSERVER.pass}" }\n`,
    ),
  );
  let server: ChildProcess | undefined;

  const nats: TestNats = {
    url: `nats://127.0.0.1:${port}`,
    observer: OBSERVER,
    optionsOf: (service) => ({
      servers: [`nats://127.0.0.1:${port}`],
      user: service,
      password: new Secret(passwords.get(service) ?? ''),
      gatewayName,
      service,
    }),
    async start() {
      const environment = Object.fromEntries(
        [...passwords].map(([service, password]) => [passwordVariable(service), password]),
      );
      server = spawn('nats-server', ['-c', file], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      await ready(server);
    },
    async kill() {
      const child = server;
      server = undefined;
      if (child?.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    async close() {
      await nats.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await nats.start();
  return nats;
}

async function ready(server: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`nats-server ended with ${String(code)}: ${said}`)));
    server.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Server is ready')) resolve();
    });
  });
  server.removeAllListeners('exit');
  server.stderr?.resume();
}
