import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const PROGRAM = fileURLToPath(new URL('../dist/talkative-service.fixture.js', import.meta.url));
const CONFIGURATION = `
name: talk
publicUrl: http://localhost:4483
listen: { proxy: { host: 127.0.0.1, port: 4483 } }
authServer:
  issuer: http://localhost:4484
  keyEncryptionKeys: [{ id: a, env: AS_KEK }]
  upstreamProviders:
    - name: idp
      type: oidc
      oidcConfig: { issuerUrl: 'http://localhost:1', clientId: gatehouse, clientSecret: { env: IDP_SECRET } }
backends: [{ name: one, url: 'http://localhost:2/mcp', transport: streamable-http }]
outgoingAuth: { source: inline, default: { type: unauthenticated } }
vault: { keyEncryptionKeys: [{ id: a, env: KEK }] }
postgres: { authorizationServer: { url: { env: AS_DATABASE } }, tokenVault: { url: { env: DATABASE } } }
nats: { servers: ['nats://localhost:3'] }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-service-'));
  await writeFile(join(folder, 'gatehouse.yaml'), CONFIGURATION);
});
afterAll(() => rm(folder, { recursive: true }));

type Service = ChildProcessByStdio<Writable, Readable, Readable>;

/** A running service. Each test ends it in its own way; what does not end is killed, and fails the test. */
async function started(environment: Readonly<Record<string, string>> = {}): Promise<Service> {
  const child = spawn(process.execPath, [PROGRAM, '--config', join(folder, 'gatehouse.yaml')], {
    env: { PATH: process.env['PATH'] ?? '', NATS_CREDENTIALS: 'vmcp-proxy:x', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: FOREVER_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (said.includes('still-here')) return child;
  }
  throw new Error(`the service did not start: ${said}`);
}

const FOREVER_MS = 60_000;

async function end(child: Service): Promise<{ code: number | null; signal: string | null }> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { code, signal };
}

test('a service whose log reader is gone ends at its next line, instead of trying that line for ever', async () => {
  const child = await started();
  child.stdout.destroy();
  expect(await end(child)).toEqual({ code: 74, signal: null });
});

test('a service whose launcher is gone, and its log reader with it, ends', async () => {
  const child = await started({ GATEHOUSE_STOP_WITH_PARENT: '1' });
  for (const stream of [child.stdout, child.stderr, child.stdin]) stream.destroy();
  const { signal } = await end(child);
  expect(signal).toBeNull();
});

test.each([
  ['a database that goes away or is slow just then', 'away-again', 75],
  ['a fault of its own', 'broken', 1],
])('a service that cannot be started for %s says which by its exit code', async (_why, name, exitCode) => {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, CONFIGURATION.replace('name: talk', `name: ${name}`));
  const child = spawn(process.execPath, [PROGRAM, '--config', file], {
    env: { PATH: process.env['PATH'] ?? '', NATS_CREDENTIALS: 'vmcp-proxy:x' },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: FOREVER_MS,
    killSignal: 'SIGKILL',
  });
  expect(await end(child)).toEqual({ code: exitCode, signal: null });
});

test('a service that is stopped writes its last words before it ends', async () => {
  const child = await started();
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const closed = once(child.stdout, 'close');
  child.kill('SIGTERM');
  expect(await end(child)).toEqual({ code: 0, signal: null });
  await closed;
  expect(said.match(/last-words/g)).toHaveLength(100);
});
