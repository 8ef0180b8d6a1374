import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { printFigure } from '@gatehouse/testing/figures';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedIn } from '../support/callers.js';

/** The demonstration with audit lines, and a folder for whoever asks the command line afterwards. */
let world: World;
let folder: string;
let written = '';
const key = randomBytes(32).toString('base64url');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-explain-'));
  world = await startWorld({
    // What has ended is swept away.
    demonstrationFlags: ['--sts-token-ttl=3600'],
    environment: { 'token-vault': { TOKEN_VAULT_KEY_ENCRYPTION_KEY: key } },
    configure: (yaml) => (written = `${yaml}\ntelemetry: { audit: { enabled: true } }\n`),
  });
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

/** A call with a trace id of its own, by which it is found afterwards. */
async function called(accessToken: string, backend: string): Promise<string> {
  const traceId = randomBytes(16).toString('hex');
  const response = await fetch(world.mcpUrl, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': `${backend}_whoami`,
      traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: `${backend}_whoami`,
        arguments: {},
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  });
  expect(response.status).toBe(200);
  await response.text();
  return traceId;
}

const run = promisify(execFile);

async function explained(
  what: string,
  ...more: readonly string[]
): Promise<Readonly<Record<string, string>>> {
  const config = join(folder, 'gatehouse.yaml');
  await writeFile(config, written);
  const { stdout } = await run(
    process.execPath,
    [inRepository('apps/gatehouse/dist/main.js'), 'explain', what, '--config', config, '--json', ...more],
    {
      env: {
        ...process.env,
        TOKEN_VAULT_KEY_ENCRYPTION_KEY: key,
        TOKEN_VAULT_DATABASE_URL: world.databases['token-vault'].url.reveal(),
      },
    },
  );
  const found = JSON.parse(stdout) as readonly Readonly<Record<string, string>>[];
  expect(found).toHaveLength(1);
  return found[0] ?? {};
}

const TIME = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;
const ISSUED = new RegExp(String.raw`^version \d+, issued ${TIME}, good until ${TIME}$`);

/** Of each row of the demonstration: what the custody log has about its call. */
const ROWS = [
  { backend: 'repos', strategy: 'upstreamInject', release: 'what octo gave the person' },
  { backend: 'directory', strategy: 'upstreamInject', release: 'what acme-sso gave the person' },
  {
    backend: 'tickets',
    strategy: 'tokenExchange',
    release: 'a token that was issued for the person’s of acme-sso',
    exchange: ISSUED,
  },
  {
    backend: 'tickets-self',
    strategy: 'tokenExchange',
    release: 'a token that was issued, without a provider’s',
    exchange: ISSUED,
  },
  { backend: 'status', strategy: 'unauthenticated (the default)' },
  { backend: 'reports', strategy: 'headerInjection' },
] as const;

test('each row of the demonstration is explained: the call with its entry of the custody log, and the tool', async () => {
  const { accessToken } = await signedIn(world, 'alice');
  const calls = new Map<string, string>();
  for (const { backend } of ROWS) calls.set(backend, await called(accessToken, backend));
  const log = join(folder, 'vmcp-proxy.log');
  const audited = (): string => world.replicas['vmcp-proxy'].map(({ output }) => output).join('\n');
  await until(() => [...calls.values()].every((id) => audited().includes(`"traceId":"${id}"`)));
  await writeFile(log, audited());

  let entries = 0;
  for (const row of ROWS) {
    const { backend, strategy } = row;
    const facts = await explained(calls.get(backend) ?? '', '--log', log);
    expect(facts).toMatchObject({
      called: `${backend}_whoami`,
      outcome: 'answered',
      status: '200',
      strategy,
    });
    expect((await explained(`${backend}_whoami`))['strategy']).toBe(strategy);
    if (!('release' in row)) {
      expect([facts['release'], facts['custody'], facts['exchange']]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      continue;
    }
    entries += 1;
    expect(facts['release']).toMatch(new RegExp(`^${row.release}, at ${TIME}$`));
    expect(facts['custody']).toMatch(/^entry \d+ of chain [0-9a-f-]{36}: as it was written\.$/);
    if ('exchange' in row) expect(facts['exchange']).toMatch(row.exchange);
    else expect(facts['exchange']).toBeUndefined();
    if (backend === 'tickets-self') expect(facts['connection']).toBeUndefined();
    else
      expect(facts).toMatchObject({
        connection: expect.any(String),
        version: expect.stringMatching(/^\d+$/),
      });
    for (const { value } of await world.demonstration.issued())
      expect(JSON.stringify(facts)).not.toContain(value);
  }
  printFigure(
    `explain: ${ROWS.length} rows of the demonstration, ${entries} entries of the custody log found`,
  );
});
