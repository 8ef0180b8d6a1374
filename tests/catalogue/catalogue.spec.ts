import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printFigure } from '@gatehouse/testing/figures';
import { freePort } from '@gatehouse/testing/free-port';
import { answersOk, Program } from '@gatehouse/testing/program';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { signedIn } from '../support/callers.js';
import { DIRECTLY, differences, isListed, look, through } from '../support/catalogue/seen.js';
import { leftOut, testedServers, versionOf } from '../support/catalogue/servers.js';
import { StartedServer } from '../support/catalogue/started-server.js';

/** For what hangs: many servers of many kinds start on a busy machine. */
const FOREVER_MS = 600_000;
const LISTED_WITHIN_MS = 240_000;
const BRIDGE_SECRET = randomBytes(32).toString('base64url');

let world: World;
let bridge: Program | undefined;
let folder: string;
let client: Client;
const started = new Map<string, StartedServer>();

beforeAll(async () => {
  for (const server of testedServers) started.set(server.name, await StartedServer.start(server));
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-catalogue-'));
  const [file, port] = [join(folder, 'gatehouse.yaml'), await freePort()];
  let written = '';
  world = await startWorld({
    configure: (yaml) => (written = withServers(yaml, port)),
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
  const { accessToken } = await signedIn(world, 'alice');
  client = new Client({ name: 'catalogue', version: '1' }, { capabilities: {} });
  const requestInit = { headers: { authorization: `Bearer ${accessToken}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(world.mcpUrl), { requestInit }));
}, FOREVER_MS);

afterAll(async () => {
  await client.close();
  await bridge?.stop();
  await world.close();
  for (const server of started.values()) await server.close();
  await rm(folder, { recursive: true, force: true });
}, FOREVER_MS);

const withServers = (yaml: string, port: number): string =>
  yaml
    .replace('\nlisten:\n', `\nlisten:\n  bridge: { port: ${port} }\n`)
    .replace(
      '\nbackends:\n',
      `\nbridge: { secret: { env: BRIDGE_SECRET } }\n\nbackends:\n${[...started.values()]
        .map(({ configured }) => `  - ${configured}\n`)
        .join('')}`,
    );

test('the run says which registries were left out', () => {
  if (leftOut.length > 0)
    printFigure(`catalogue NOT RUN: servers of ${leftOut.join(', ')} (npm run catalogue)`);
  expect(testedServers.length).toBeGreaterThan(0);
});

describe.each(testedServers)('$name ($package, $transport)', (server) => {
  test(
    'lists through the gateway what it lists directly, and answers the same',
    async () => {
      const direct = new Client({ name: 'catalogue', version: '1' }, { capabilities: {} });
      const transport = started.get(server.name)?.transport();
      if (transport === undefined) throw new Error('it was not started');
      const spoken = { version: '' };
      // What the client tells a transport of HTTP, others take as well.
      const tell =
        'setProtocolVersion' in transport ? transport.setProtocolVersion.bind(transport) : undefined;
      Object.assign(transport, {
        setProtocolVersion: (version: string) => {
          spoken.version = version;
          tell?.(version);
        },
      });
      await direct.connect(transport);
      const directly = await look(direct, server, DIRECTLY);
      await direct.close();
      const naming = through(server.name);
      await until(async () => await isListed(client, directly, naming), LISTED_WITHIN_MS);
      const uris = new Set(directly.resources.map(({ uri }) => String(uri)));
      const seen = await look(client, server, naming, uris);
      const { lists, answers } = differences(directly, seen);
      const counts = [directly.tools, directly.prompts, directly.resources].map(({ length }) => length);
      const { known = [] } = server;
      const unknown = (all: readonly string[]): readonly string[] =>
        all.filter((one) => !known.includes(one));
      const same = (all: readonly string[]): string => {
        if (unknown(all).length > 0) return 'NO';
        return all.length === 0 ? 'yes' : `but ${all.length}`;
      };
      printFigure(
        `catalogue | ${[
          `${server.package}${server.transport === 'stdio' ? '' : ` (${server.name})`}`,
          versionOf(server),
          server.registry,
          server.transport,
          spoken.version,
          counts.join(', '),
          same(lists),
          same(answers),
          [...lists, ...answers].map((one) => one.slice(0, 60)).join('; ') || 'none',
        ].join(' | ')}`,
      );
      expect({ lists, answers }).toEqual({ lists: [...known], answers: [] });
    },
    FOREVER_MS,
  );
});
