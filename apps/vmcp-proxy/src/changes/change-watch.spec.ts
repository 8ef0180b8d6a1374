import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { FeedListener } from '../backends/feed.client.js';
import { wholeScope } from '../catalog/aggregation.fixture.js';
import { catalogOf, NO_LISTS } from '../catalog/catalog.fixture.js';
import type { BackendLists } from '../catalog/definitions.js';
import { ANONYMOUS, type Principal } from '../incoming-auth/principal.js';
import { ChangeWatch, type Watching } from './change-watch.flow.js';
import type { ListKind } from './shared-feed.js';

const BACKENDS = ['one', 'two', 'three'];
const SCOPE = wholeScope(BACKENDS);
const PERSON: Principal = { ...ANONYMOUS, key: 'person' };
const toolsOf = (name: string): BackendLists => ({
  ...NO_LISTS,
  tools: [{ name, inputSchema: { type: 'object' } }],
  digest: name,
});

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

interface World {
  readonly asked: string[];
  readonly feeds: Map<string, FeedListener>;
  readonly changes: ListKind[];
  readonly lists: Map<string, () => BackendLists | Promise<BackendLists>>;
  readonly begin: () => Promise<void>;
  readonly stop: () => void;
}

function start(): World {
  const asked: string[] = [];
  const lists: World['lists'] = new Map(BACKENDS.map((name) => [name, () => toolsOf(`${name}-tool`)]));
  const catalog = catalogOf(
    BACKENDS,
    async (backend) => {
      asked.push(backend);
      return await Promise.resolve().then(lists.get(backend) ?? (() => NO_LISTS));
    },
    Date.now,
  );
  const feeds = new Map<string, FeedListener>();
  const watch = new ChangeWatch(
    catalog,
    () => true,
    (backend, _principal, listener) => {
      feeds.set(backend, listener);
      return {
        run: async () => await Promise.resolve(),
        close: () => undefined,
        renew: () => undefined,
        setResources: () => undefined,
      };
    },
  );
  const changes: ListKind[] = [];
  let watching: Watching | undefined;
  return {
    asked,
    feeds,
    changes,
    lists,
    async begin() {
      const listener = { changed: (kind: ListKind) => changes.push(kind), updated: () => undefined };
      watching = watch.watch(PERSON, SCOPE, listener);
      await jest.advanceTimersByTimeAsync(0);
    },
    stop: () => {
      watching?.stop();
    },
  };
}

test('a feed that opens has the lists of its own backend asked for, and of no other, however old those are', async () => {
  const { asked, feeds, begin, stop } = start();
  await begin();
  expect(asked.splice(0).sort()).toEqual([...BACKENDS].sort());
  await jest.advanceTimersByTimeAsync(60_000);
  feeds.get('two')?.missed();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(asked).toEqual(['two']);
  stop();
});

test('what one backend lists anew is told, and no other one was asked for it', async () => {
  const { asked, feeds, changes, lists, begin, stop } = start();
  await begin();
  await jest.advanceTimersByTimeAsync(60_000);
  asked.splice(0);
  lists.set('three', () => toolsOf('another-tool'));
  feeds.get('three')?.notified('notifications/tools/list_changed', undefined);
  await jest.advanceTimersByTimeAsync(10_000);
  expect(changes).toEqual(['tools']);
  expect(asked).toEqual(['three']);
  stop();
});

test('a backend that fails is looked at six times in a row; those that answered are left alone, and hinder nobody', async () => {
  const { asked, feeds, lists, begin, stop } = start();
  // What failed is asked for again after five seconds, and looked at again after two to seven.
  jest.spyOn(Math, 'random').mockReturnValue(0.9);
  lists.set('one', () => {
    throw new GatehouseError('backend_unavailable', 'it is away', { details: { backend: 'one', ran: 'no' } });
  });
  await begin();
  await jest.advanceTimersByTimeAsync(120_000);
  expect(asked.filter((backend) => backend !== 'one').sort()).toEqual(['three', 'two']);
  expect(asked.filter((backend) => backend === 'one')).toHaveLength(6);
  lists.set('one', () => toolsOf('back'));
  asked.splice(0);
  feeds.get('one')?.missed();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(asked).toEqual(['one']);
  stop();
});

test('a backend that is slow when a client begins to listen is no change, whichever feed opens before it answers', async () => {
  const { feeds, changes, lists, begin, stop } = start();
  let answer = (): void => undefined;
  const slow = new Promise<BackendLists>((resolve) => {
    answer = () => resolve(toolsOf('slow-tool'));
  });
  lists.set('three', async () => await slow);
  await begin();
  feeds.get('two')?.missed();
  await jest.advanceTimersByTimeAsync(3_000);
  answer();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(changes).toEqual([]);
  lists.set('three', () => toolsOf('another-tool'));
  feeds.get('three')?.notified('notifications/tools/list_changed', undefined);
  await jest.advanceTimersByTimeAsync(10_000);
  expect(changes).toEqual(['tools']);
  stop();
});
