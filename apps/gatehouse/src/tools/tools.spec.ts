import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { gatehouse } from '../terminal.fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-tools-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Listed {
  readonly listed: boolean;
  readonly tools: readonly { readonly tool: string; readonly backends: readonly string[] }[];
}

async function toolsOf(text: string, ...more: readonly string[]): Promise<Listed> {
  const file = join(folder, 'gatehouse.yaml');
  await writeFile(file, text);
  const { code, stdout, stderr } = await gatehouse(['tools', '--config', file, '--json', ...more]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Listed;
}

const demonstration = async (): Promise<string> => await readFile(DEMONSTRATION_CONFIGURATION, 'utf8');

test('without a caller the configuration is shown: each backend with prefix, strategy and credential', async () => {
  const { listed, tools } = await toolsOf(await demonstration());
  expect(listed).toBe(false);
  expect(tools.map(({ tool }) => tool)).toEqual([
    'repos_*',
    'status_*',
    'directory_*',
    'tickets_*',
    'tickets-self_*',
    'reports_*',
  ]);
  expect(tools[0]).toEqual({
    tool: 'repos_*',
    backends: ['repos'],
    strategy: 'upstreamInject',
    provider: 'octo (oauth2, required)',
    credential: 'the person’s own token of octo',
    scopes: null,
  });
  const { stdout } = await gatehouse(['tools', '--config', join(folder, 'gatehouse.yaml')]);
  expect(stdout).toMatch(/^tool +backend +strategy +credential +scopes$/m);
  expect(stdout).toMatch(/^reports_\* +reports +headerInjection +one for everybody, in X-Api-Key/m);
  expect(stdout).toContain('put an access token into GATEHOUSE_TOKEN');
});

test('names that the configuration gives, hides or lets through are those of the list', async () => {
  const yaml = (await demonstration()).replace(
    '  conflictResolution: prefix\n',
    `  conflictResolution: prefix
  tools:
    - { workload: repos, filter: [search, whoami], overrides: { whoami: { name: who } } }
    - { workload: status, excludeAll: true }
    - { workload: directory, overrides: { find: { name: people } } }
`,
  );
  const { tools } = await toolsOf(yaml);
  expect(tools.filter(({ backends }) => /^(repos|status|directory)$/.test(backends[0] ?? ''))).toMatchObject([
    { tool: 'repos_search' },
    { tool: 'repos_who' },
    { tool: 'directory_people' },
    { tool: 'directory_*' },
  ]);
});

const OPEN = (port: number): string => `name: open
publicUrl: http://localhost:${port}
incomingAuth: { type: anonymous }
backends: [{ name: one, url: https://one.example.com/mcp }]
vault: { keyEncryptionKeys: [{ id: a, env: KEY }] }
postgres: { tokenVault: { url: { env: TOKEN_VAULT_DATABASE_URL } } }
nats: { servers: [nats://127.0.0.1:4222], credentials: { env: NATS_CREDENTIALS } }
`;

test('a gateway that lists for anybody and does not run: its configuration is shown, and how to start it', async () => {
  expect(await toolsOf(OPEN(await freePort()))).toMatchObject({
    listed: false,
    tools: [{ tool: 'one_*', backends: ['one'], strategy: 'unauthenticated (the default)' }],
  });
  const { stdout } = await gatehouse(['tools', '--config', join(folder, 'gatehouse.yaml')]);
  expect(stdout).toMatch(/Start it: .*gatehouse up <file>$/m);
});

test('with a token of a caller, a gateway that is away is an error: exit code 75, and the token is not said', async () => {
  const url = `http://127.0.0.1:${await freePort()}/mcp`;
  const { code, stdout, stderr } = await gatehouse(['tools', '--url', url], {
    GATEHOUSE_TOKEN: 'a-token-of-somebody',
  });
  expect([code, stdout]).toEqual([75, '']);
  expect(stderr).toContain(`${url} does not list its tools for this caller`);
  expect(stderr).not.toContain('a-token-of-somebody');
});

test('what is no URL is refused: exit code 64', async () => {
  const { code, stderr } = await gatehouse(['tools', '--url', 'localhost:4483']);
  expect([code, stderr]).toEqual([64, expect.stringContaining('--url https://gatehouse.example.com/mcp')]);
});
