import { afterEach, describe, expect, test } from '@jest/globals';
import { startBackend, type BackendBehaviour, type TestBackend } from '../backend.fixture.js';
import { AuthorizedBackend } from '../backends/authorized-backend.flow.js';
import { BackendClient } from '../backends/backend.client.js';
import { Peers } from '../backends/peers.client.js';
import { PLAIN_BACKEND } from '../backends/plain-backend.fixture.js';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { NOTHING_DECLARED } from '../mcp/client-capabilities.js';
import type { JsonObject } from '../mcp/message.js';
import { Credentials } from '../outgoing-auth/credentials.flow.js';
import { unauthenticated } from '../outgoing-auth/unauthenticated.js';
import { wholeScope } from './aggregation.fixture.js';
import { catalogOf } from './catalog.fixture.js';
import type { Catalog } from './catalog.flow.js';
import { listBackend } from './list-backend.client.js';

const PROMPTS = [{ name: 'greet' }];
const RESOURCES = [{ uri: 'file:///readme', name: 'readme' }];
const LISTS = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];
const SCOPE = wholeScope(['one']);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface World {
  readonly backend: TestBackend;
  readonly catalog: Catalog;
  /** What the backend says that it has, from now on. */
  readonly declare: (capabilities: JsonObject) => void;
  /** Which lists it was asked for since this was asked last. */
  readonly asked: () => readonly string[];
  readonly pass: (ms: number) => void;
}

async function start(kind: BackendBehaviour['kind'], declared: JsonObject): Promise<World> {
  // What is undefined is not sent.
  const capabilities: Record<string, unknown> = {};
  const declare = (next: JsonObject): void => {
    for (const name of ['tools', 'prompts', 'resources']) capabilities[name] = next[name];
  };
  declare(declared);
  const about = { capabilities } as BackendBehaviour['about'] & object;
  const backend = await startBackend({ kind, prompts: PROMPTS, resources: RESOURCES, about });
  const client = new BackendClient([{ ...PLAIN_BACKEND, name: 'one', url: backend.url }]);
  closing.push(async () => {
    await client.close();
    await backend.close();
  });
  const authorized = new AuthorizedBackend(client, new Credentials(new Map([['one', unauthenticated]])));
  const peers = new Peers(authorized);
  let nowMs = 1_000_000;
  const catalog = catalogOf(
    ['one'],
    async (name, principal, _deadline, _declared, known) =>
      await listBackend(
        { backend: name, principal, declared: NOTHING_DECLARED, known, deadlineAtMs: Date.now() + 60_000 },
        peers,
        authorized,
      ),
    () => nowMs,
  );
  let seen = 0;
  return {
    backend,
    catalog,
    declare,
    asked: () => {
      const methods = backend.received.slice(seen).map(({ body }) => String(body['method']));
      seen = backend.received.length;
      return methods.filter((method) => LISTS.includes(method));
    },
    pass: (ms) => (nowMs += ms),
  };
}

describe.each(['modern', 'sessions', 'stateless'] as const)('a backend that is %s', (kind) => {
  test('is asked for the lists that it declares, and for no other, each time', async () => {
    const { catalog, asked, pass } = await start(kind, { tools: {} });
    for (let look = 0; look < 3; look += 1) {
      await catalog.current(ANONYMOUS, SCOPE);
      pass(30_000);
    }
    expect(asked()).toEqual(['tools/list', 'tools/list', 'tools/list']);
    expect(catalog.failureOf(ANONYMOUS, 'one')).toBeUndefined();
  });

  test('that declares prompts beside its tools shows them', async () => {
    const { catalog, asked } = await start(kind, { tools: {}, prompts: {} });
    const view = await catalog.current(ANONYMOUS, SCOPE);
    expect(view.prompt('one_greet')).toBeDefined();
    expect(asked()).toEqual(['tools/list', 'prompts/list']);
  });

  test('that declares resources is asked for their templates, too', async () => {
    const { catalog, asked } = await start(kind, { resources: {} });
    await catalog.current(ANONYMOUS, SCOPE);
    expect(asked()).toEqual(['tools/list', 'resources/list', 'resources/templates/list']);
  });

  test('that declares nothing is asked for everything: some that have tools name no capability', async () => {
    const { catalog, asked } = await start(kind, {});
    const view = await catalog.current(ANONYMOUS, SCOPE);
    expect(asked()).toEqual(LISTS);
    expect(view.prompt('one_greet')).toBeDefined();
  });
});

describe('a backend without sessions that has a list that it did not have', () => {
  const LATER = 30_000;

  test.each<[string, (catalog: Catalog) => Promise<unknown>]>([
    [
      'and says that something is new is asked for it at the next look',
      async (catalog) => {
        catalog.outdate('one', ANONYMOUS);
        await catalog.current(ANONYMOUS, SCOPE);
      },
    ],
    [
      'is asked for it when a client calls a name that nobody knows',
      async (catalog) => await catalog.settled(ANONYMOUS, SCOPE, ['one'], { freshForMs: 2_000 }),
    ],
  ])('%s', async (_what, look) => {
    const { catalog, declare, pass } = await start('modern', { tools: {} });
    await catalog.current(ANONYMOUS, SCOPE);
    declare({ tools: {}, prompts: {} });
    pass(LATER);
    await look(catalog);
    expect(catalog.known(ANONYMOUS, SCOPE).prompt('one_greet')).toBeDefined();
  });

  test('and says nothing is asked within ten minutes', async () => {
    const { catalog, declare, pass } = await start('modern', { tools: {} });
    await catalog.current(ANONYMOUS, SCOPE);
    declare({ tools: {}, prompts: {} });
    pass(10 * 60_000);
    await catalog.current(ANONYMOUS, SCOPE);
    expect(catalog.known(ANONYMOUS, SCOPE).prompt('one_greet')).toBeDefined();
  });
});
