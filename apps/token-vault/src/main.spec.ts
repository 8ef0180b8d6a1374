import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { inRepository } from '@gatehouse/testing/repository';

let database: TestDatabase;
let nats: TestNats;
let folder: string;
let config: string;
let environment: Record<string, string>;

beforeAll(async () => {
  [database, nats, folder] = await Promise.all([
    startTestDatabase('token-vault'),
    startTestNats('boot'),
    mkdtemp(join(tmpdir(), 'gatehouse-vault-')),
  ]);
  const bus = nats.optionsOf('token-vault');
  environment = {
    PATH: process.env['PATH'] ?? '',
    IDP_SECRET: 'the-client-secret',
    KEK: randomBytes(32).toString('base64'),
    DATABASE: database.url.reveal(),
    NATS_CREDENTIALS: `${bus.user}:${bus.password.reveal()}`,
    VAULT_REQUEST_KEY: nats.requestKey.reveal(),
  };
  config = join(folder, 'gatehouse.yaml');
  await writeFile(config, yaml(nats.url, await freePort()));
});

afterAll(async () => {
  await Promise.all([nats.close(), database.close(), rm(folder, { recursive: true })]);
});

const yaml = (natsUrl: string, port: number) => `
name: boot
publicUrl: http://localhost:4483
listen: { tokenVault: { host: 127.0.0.1, port: ${port} } }
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
nats: { servers: ['${natsUrl}'] }
`;

async function run(env: Record<string, string>, args: readonly string[], stopWhen: string) {
  const child = spawn(process.execPath, [inRepository('apps/token-vault/dist/main.js'), ...args], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let isStopping = false;
  const hear = (chunk: Buffer) => {
    output += chunk.toString();
    if (isStopping || !output.includes(stopWhen)) return;
    isStopping = true;
    if (env['GATEHOUSE_STOP_WITH_PARENT'] === '1') child.stdin.end();
    else child.kill('SIGTERM');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, output };
}

test('the service starts while its provider is down, and SIGTERM ends it cleanly', async () => {
  const { code, signal, output } = await run(environment, ['--config', config], 'service-started');
  // Its own limit for a stop was not reached: then it would say 1.
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  for (const line of output.trim().split('\n'))
    expect(JSON.parse(line)).toMatchObject({ service: 'token-vault' });
  for (const secret of ['IDP_SECRET', 'KEK', 'DATABASE']) expect(output).not.toContain(environment[secret]);
});

test('it ends when whoever launched it is gone', async () => {
  const env = { ...environment, GATEHOUSE_CONFIG: config, GATEHOUSE_STOP_WITH_PARENT: '1' };
  const { code, output } = await run(env, [], 'service-started');
  expect(code).toBe(0);
  expect(output).toContain('launcher gone');
});

test('a wrong configuration is one message and exit code 78', async () => {
  const { code, output } = await run({ ...environment, KEK: '' }, ['--config', config], 'never printed');
  expect(code).toBe(78);
  expect(output).toContain('KEK');
});

test('in front of a database without tables it says what makes them, and ends with exit code 75', async () => {
  const empty = await startTestDatabase('token-vault', { before: '0' });
  const file = join(folder, 'impatient.yaml');
  await writeFile(file, `${yaml(nats.url, await freePort())}startTimeout: 0s\n`);
  const env = { ...environment, DATABASE: empty.url.reveal() };
  // It asks once. On a busy machine the answer may come too late for it; then it is started again.
  const isLate = (output: string): boolean => /does not answer in time|cannot be reached/.test(output);
  let { code, output } = await run(env, ['--config', file], 'never printed');
  while (isLate(output)) ({ code, output } = await run(env, ['--config', file], 'never printed'));
  await empty.close();
  expect(code).toBe(75);
  expect(output).toContain('has no tables of token-vault yet: `gatehouse migrate` makes them');
});
