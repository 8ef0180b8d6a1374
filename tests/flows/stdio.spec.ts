import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { answersOk, Program } from '@gatehouse/testing/program';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { signedIn } from '../support/callers.js';

/** A server of the reference SDK on stdio, behind the bridge, behind the proxy: once for everybody, once with each person's token. */
let world: World;
let bridge: Program;
let folder: string;
const BRIDGE_SECRET = randomBytes(32).toString('base64url');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-stdio-'));
  const [file, port] = [join(folder, 'gatehouse.yaml'), await freePort()];
  let written = '';
  world = await startWorld({
    configure: (yaml) => (written = withPrograms(yaml, port)),
    environment: { 'vmcp-proxy': { BRIDGE_SECRET } },
  });
  await writeFile(file, written);
  bridge = await new Program({
    name: 'bridge',
    script: inRepository('apps/gatehouse/dist/main.js'),
    args: ['bridge', '--config', file],
    environment: { BRIDGE_SECRET },
    isReady: async () => await answersOk(`http://127.0.0.1:${port}/healthz`),
  }).start();
});

afterAll(async () => {
  await bridge.stop();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

function withPrograms(yaml: string, port: number): string {
  const command = `command: [${process.execPath}, ${inRepository('tests/support/stdio-server.mjs')}]`;
  const octo = /authorizationEndpoint: (http:\/\/localhost:\d+)/.exec(yaml)?.[1] ?? '';
  return yaml
    .replace('\nlisten:\n', `\nlisten:\n  bridge: { port: ${port} }\n`)
    .replace('\nbackends:\n', `\nbridge: { secret: { env: BRIDGE_SECRET } }\n\nbackends:\n`)
    .replace(
      '\nbackends:\n',
      `\nbackends:\n  - { name: local, ${command} }\n` +
        `  - { name: personal, ${command}, tokenEnv: API_TOKEN, env: { API_URL: ${octo}/user } }\n`,
    )
    .replace(
      '  backends:\n    #',
      '  backends:\n    personal: { type: upstreamInject, upstreamInject: { providerName: octo } }\n    #',
    );
}

async function call(accessToken: string, name: string): Promise<unknown> {
  const { body } = await modernRequest(world.mcpUrl, accessToken, 'tools/call', { name, arguments: {} });
  const [content] = (body.result?.['content'] ?? []) as readonly { readonly text: string }[];
  return content === undefined ? body : (JSON.parse(content.text) as unknown);
}

test('each person’s program calls its API with that person’s token, which is in no log and no argument', async () => {
  const people = await Promise.all(['alice', 'bob'].map(async (login) => await signedIn(world, login)));
  for (const round of [1, 2])
    for (const { login, accessToken } of people)
      expect([round, await call(accessToken, 'personal_login')]).toMatchObject([
        round,
        { status: 200, login },
      ]);
  const tokens = (await world.demonstration.issued()).flatMap(({ part, kind, value }) =>
    part === 'octo' && kind === 'access_token' ? [value] : [],
  );
  expect(tokens.length).toBeGreaterThanOrEqual(2);
  const log = `${bridge.output}${world.logs()}`;
  expect(log).toContain('asking with [redacted]');
  for (const hidden of [...tokens, BRIDGE_SECRET]) expect(log).not.toContain(hidden);
});

test('a session has its own program: another person’s visits are not in it', async () => {
  const [alice, bob] = await Promise.all([signedIn(world, 'alice'), signedIn(world, 'bob')]);
  expect(await call(alice.accessToken, 'local_visits')).toMatchObject({ visits: 1 });
  expect(await call(alice.accessToken, 'local_visits')).toMatchObject({ visits: 2 });
  expect(await call(bob.accessToken, 'local_visits')).toMatchObject({ visits: 1 });
});

test('a client of the reference SDK gets progress and questions of a program', async () => {
  const { accessToken } = await signedIn(world, 'alice');
  const client = new Client({ name: 'sdk', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Alice' } }));
  await client.connect(
    new StreamableHTTPClientTransport(new URL(world.mcpUrl), {
      requestInit: { headers: { authorization: `Bearer ${accessToken}` } },
    }),
  );
  // No list waits for a program that takes long to start: until then it has a word about it in its place.
  await until(async () => {
    const names = (await client.listTools()).tools.map(({ name }) => name);
    return ['local_ask', 'personal_login'].every((name) => names.includes(name));
  });
  const progress: number[] = [];
  await client.callTool({ name: 'local_count', arguments: {} }, undefined, {
    onprogress: (made) => progress.push(made.progress),
  });
  expect(progress).toEqual([1, 2, 3]);
  const { content } = await client.callTool({ name: 'local_ask', arguments: {} });
  expect(JSON.stringify(content)).toContain('Alice');
  await client.close();
});

test('a program that ends in a call says that it may have run, and the next call has a new one', async () => {
  const { accessToken } = await signedIn(world, 'carol');
  expect(await call(accessToken, 'local_visits')).toMatchObject({ visits: 1 });
  expect(JSON.stringify(await call(accessToken, 'local_end'))).toContain(
    'The program ended with exit code 7. The call may have run.',
  );
  expect(await call(accessToken, 'local_visits')).toMatchObject({ visits: 1 });
});

test('the proxy has started no program, whatever its backends are', () => {
  for (const { pid } of world.replicas['vmcp-proxy'])
    expect(readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8')).toBe('');
});
