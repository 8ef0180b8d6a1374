import { afterEach, describe, expect, test } from '@jest/globals';
import { startBackend, type BackendBehaviour, type TestBackend } from '../backend.fixture.js';
import { AuthorizedBackend } from '../backends/authorized-backend.flow.js';
import { BackendClient } from '../backends/backend.client.js';
import { Peers } from '../backends/peers.client.js';
import { PLAIN_BACKEND } from '../backends/plain-backend.fixture.js';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { NOTHING_DECLARED } from '../mcp/client-capabilities.js';
import { aboutIn } from '../mcp/about.js';
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

interface Lists {
  prompts: readonly JsonObject[];
  resources: readonly JsonObject[];
}

interface World {
  readonly backend: TestBackend;
  readonly catalog: Catalog;
  /** What the backend has, whatever it declares. */
  readonly lists: Lists;
  /** Which lists it was asked for since this was asked last. */
  readonly asked: () => readonly string[];
  readonly pass: (ms: number) => void;
}

async function start(
  kind: BackendBehaviour['kind'],
  declared: JsonObject,
  given: Partial<Lists> = {},
): Promise<World> {
  const lists: Lists = { prompts: PROMPTS, resources: RESOURCES, ...given };
  // What is undefined is not sent.
  const capabilities = { tools: undefined, prompts: undefined, resources: undefined, ...declared };
  const about = { capabilities: capabilities as unknown as JsonObject };
  const backend = await startBackend({
    kind,
    about,
    get prompts() {
      return lists.prompts;
    },
    get resources() {
      return lists.resources;
    },
  });
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
    lists,
    asked: () => {
      const methods = backend.received.slice(seen).map(({ body }) => String(body['method']));
      seen = backend.received.length;
      return methods.filter((method) => LISTS.includes(method));
    },
    pass: (ms) => (nowMs += ms),
  };
}

const LATER = 30_000;
const INTRODUCED_FOR = 10 * 60_000;

describe.each(['modern', 'sessions', 'stateless'] as const)('a backend that is %s', (kind) => {
  test('is asked for all lists at first, and then for no list that it neither declares nor has', async () => {
    const { catalog, asked, pass } = await start(kind, { tools: {} }, { prompts: [], resources: [] });
    await catalog.current(ANONYMOUS, SCOPE);
    expect(asked()).toEqual(LISTS);
    for (let look = 0; look < 2; look += 1) {
      pass(LATER);
      await catalog.current(ANONYMOUS, SCOPE);
    }
    expect(asked()).toEqual(['tools/list', 'tools/list']);
    expect(catalog.failureOf(ANONYMOUS, 'one')).toBeUndefined();
  });

  test('is asked each time for a list that it declares and that is empty', async () => {
    const { catalog, asked, pass } = await start(kind, { prompts: {} }, { prompts: [], resources: [] });
    await catalog.current(ANONYMOUS, SCOPE);
    pass(LATER);
    asked();
    await catalog.current(ANONYMOUS, SCOPE);
    expect(asked()).toEqual(['tools/list', 'prompts/list']);
  });

  test('is asked each time for a list that it has and does not declare: nothing vanishes', async () => {
    const { catalog, asked, pass } = await start(kind, { tools: {} });
    for (let look = 0; look < 3; look += 1) {
      expect((await catalog.current(ANONYMOUS, SCOPE)).prompt('one_greet')).toBeDefined();
      pass(LATER);
    }
    expect(asked().filter((method) => method === 'prompts/list')).toHaveLength(3);
  });

  describe('and has a list that it did not have', () => {
    const grown = async (): Promise<World> => {
      const world = await start(kind, { tools: {} }, { prompts: [], resources: [] });
      await world.catalog.current(ANONYMOUS, SCOPE);
      world.lists.prompts = PROMPTS;
      world.pass(LATER);
      return world;
    };
    const isKnown = ({ catalog }: World): boolean =>
      catalog.known(ANONYMOUS, SCOPE).prompt('one_greet') !== undefined;

    test('is asked for it when it says that something is new', async () => {
      const world = await grown();
      world.catalog.outdate('one', ANONYMOUS);
      await world.catalog.current(ANONYMOUS, SCOPE);
      expect(isKnown(world)).toBe(true);
    });

    test('is asked for it when it says so while it is listed', async () => {
      const world = await grown();
      world.pass(INTRODUCED_FOR);
      const look = world.catalog.current(ANONYMOUS, SCOPE);
      world.catalog.outdate('one', ANONYMOUS);
      world.lists.prompts = [];
      await look;
      world.lists.prompts = PROMPTS;
      await world.catalog.current(ANONYMOUS, SCOPE);
      expect(isKnown(world)).toBe(true);
    });

    test('is asked for it when a client calls a name that nobody knows', async () => {
      const world = await grown();
      await world.catalog.settled(ANONYMOUS, SCOPE, ['one'], { freshForMs: 2_000 });
      expect(isKnown(world)).toBe(true);
    });

    test('is asked for it within ten minutes when it says nothing', async () => {
      const world = await grown();
      await world.catalog.current(ANONYMOUS, SCOPE);
      expect(isKnown(world)).toBe(false);
      world.pass(INTRODUCED_FOR);
      await world.catalog.current(ANONYMOUS, SCOPE);
      expect(isKnown(world)).toBe(true);
    });
  });

  test('whose prompts cannot be read when all is asked for is asked for them at the next look', async () => {
    const { backend, catalog, pass } = await start(kind, { tools: {} });
    backend.setIntercept((one, response) => {
      if (one.body['method'] !== 'prompts/list') return false;
      response.writeHead(503).end();
      return true;
    });
    await catalog.current(ANONYMOUS, SCOPE);
    backend.setIntercept(undefined);
    pass(5_000);
    expect((await catalog.current(ANONYMOUS, SCOPE)).prompt('one_greet')).toBeDefined();
  });
});

test.each([
  [true, 'declared'],
  [{}, 'declared'],
  [false, 'left out'],
  [null, 'left out'],
])('a capability that is %j is %s', (said, is) => {
  expect(aboutIn({ capabilities: { tools: {}, prompts: said } }).declares).toEqual(
    is === 'declared' ? ['tools', 'prompts'] : ['tools'],
  );
});
