import { printFigure } from '@gatehouse/testing/figures';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as v2 from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  FORGED_PER_CALL,
  forging,
  honestly,
  startServer,
  UNSOUND_TOOLS,
  type BackendKind,
  type TestServer,
} from '../support/hostile-backend.js';

const KINDS = ['modern', 'stateless', 'sessions'] as const satisfies readonly BackendKind[];
/** Half of them to the honest backend. */
const CALLS = 1_000;
const AT_ONCE = 10;

let world: World;
let accessToken: string;
const servers: TestServer[] = [];
const figures = { calls: 0, forgedMessages: 0, accepted: 0 };

beforeAll(async () => {
  const added: string[] = [];
  const add = async (name: string, starting: Promise<TestServer>): Promise<void> => {
    const server = await starting;
    servers.push(server);
    added.push(`  - { name: ${name}, url: ${server.url}, transport: streamable-http }`);
  };
  for (const kind of KINDS) {
    await add(`hostile-${kind}`, startServer(kind, 'lure', forging(), UNSOUND_TOOLS));
    await add(`honest-${kind}`, startServer(kind, 'ask', honestly));
  }
  world = await startWorld({
    configure: (yaml) => yaml.replace('backends:\n', `backends:\n${added.join('\n')}\n`),
  });
  ({ accessToken = '' } = await (await OAuthClient.register(world.mcpUrl)).signIn('alice'));
});

afterAll(async () => {
  await world.close();
  await Promise.all(servers.map((server) => server.close()));
  const { calls, forgedMessages, accepted } = figures;
  printFigure(
    `hostile backends: ${calls} calls of the official SDK clients, over ${forgedMessages} forged messages, ${accepted} of them accepted`,
  );
});

/** What both generations of the SDK can do, and what must not happen to it. */
interface SharedClient {
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  close(): Promise<void>;
  onerror?: ((error: Error) => void) | undefined;
}

const CLIENTS: Record<string, () => Promise<SharedClient>> = {
  'version 1': async () => {
    const client = new V1Client({ name: 'sdk-v1', version: '1' });
    await client.connect(new V1Transport(new URL(world.mcpUrl), { requestInit: withToken() }));
    return client;
  },
  'version 2': async () => {
    const client = new v2.Client({ name: 'sdk-v2', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(
      new v2.StreamableHTTPClientTransport(new URL(world.mcpUrl), { requestInit: withToken() }),
    );
    return client;
  },
};

const withToken = () => ({ headers: { authorization: `Bearer ${accessToken}` } });

const textOf = (result: unknown): string =>
  (result as { content?: { text?: string }[] }).content?.[0]?.text ?? JSON.stringify(result);

test.each(Object.entries(CLIENTS))(
  'one malformed tool of a backend costs an SDK client, %s, no other one',
  async (_generation, connect) => {
    const client = await connect();
    const names = (await client.listTools()).tools.map(({ name }) => name);
    await client.close();
    for (const kind of KINDS)
      expect(names).toEqual(
        expect.arrayContaining([`honest-${kind}_ask`, `hostile-${kind}_lure`, `hostile-${kind}_wrong_title`]),
      );
    expect(names.filter((name) => !/^[\w.-]{1,128}$/.test(name))).toEqual([]);
    expect(world.logs()).toContain('definition-left-out');
  },
);

for (const [generation, connect] of Object.entries(CLIENTS))
  for (const kind of KINDS)
    test(`a hostile ${kind} backend answers no call to another one of an SDK client, ${generation}`, async () => {
      const client = await connect();
      const strange: string[] = [];
      client.onerror = (error) => strange.push(error.message);
      const wrong: string[] = [];
      const pairs = Array.from({ length: CALLS / 2 }, (_, index) => index);
      const worker = async (): Promise<void> => {
        for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
          const expected = `honest ${pair}`;
          const [lured, asked] = await Promise.all([
            client.callTool({ name: `hostile-${kind}_lure`, arguments: {} }).then(textOf, String),
            client.callTool({ name: `honest-${kind}_ask`, arguments: { call: pair } }).then(textOf, String),
          ]);
          if (asked !== expected) wrong.push(asked);
          // A call to the hostile backend itself may get its answer or an error of the gateway.
          if (lured !== 'own' && !lured.includes('backend_unavailable')) wrong.push(lured);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      await client.close();
      figures.calls += CALLS;
      figures.forgedMessages += (CALLS / 2) * FORGED_PER_CALL;
      figures.accepted += wrong.length;
      expect(wrong).toEqual([]);
      // The SDK saw no unknown id, token or request that it would complain about.
      expect(strange).toEqual([]);
    });
