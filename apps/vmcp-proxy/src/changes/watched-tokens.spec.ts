import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { SilentLog } from '@gatehouse/testing/silent-log';
import type { FeedListener } from '../backends/feed.client.js';
import { wholeScope } from '../catalog/aggregation.fixture.js';
import { NO_LISTS } from '../catalog/catalog.fixture.js';
import { Catalog } from '../catalog/catalog.flow.js';
import { ANONYMOUS, type Principal } from '../incoming-auth/principal.js';
import { ChangeWatch } from './change-watch.flow.js';
import type { ListKind } from './shared-feed.js';

const SCOPE = wholeScope(['one', 'two']);
/** Both are alice's, by an external issuer. */
const as = (role: string): Principal => ({ ...ANONYMOUS, key: 'alice', claims: { role } });

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** What backends list is another list for each role, and has the version in it. */
function start() {
  const asked: string[] = [];
  const feeds = new Map<string, FeedListener>();
  const state = { version: 1 };
  const hearing: { watch?: ChangeWatch } = {};
  const catalog = new Catalog(
    SCOPE.backends.map((name) => ({ name })),
    async (backend, { claims }) => {
      const role = String(claims?.['role']);
      asked.push(`${backend} ${role}`);
      const name = `${role}-${state.version}`;
      const tools = [{ name, inputSchema: { type: 'object' } }];
      return await Promise.resolve({ ...NO_LISTS, tools, digest: name });
    },
    () => true,
    { log: new SilentLog(), nowMs: Date.now, listed: (principal) => hearing.watch?.listed(principal) },
  );
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
  hearing.watch = watch;
  const listen = async (role: string) => {
    const changes: ListKind[] = [];
    const listener = { changed: (kind: ListKind) => changes.push(kind), updated: () => undefined };
    const watching = watch.watch(as(role), SCOPE, listener);
    await jest.advanceTimersByTimeAsync(0);
    return { changes, stop: () => watching.stop() };
  };
  return { asked, feeds, state, catalog, watch, listen };
}

test('a request with another token of the person is no change of what a stream was shown', async () => {
  const { catalog, listen } = start();
  const { changes, stop } = await listen('reader');
  await catalog.current(as('writer'), SCOPE);
  await jest.advanceTimersByTimeAsync(60_000);
  await catalog.current(as('reader'), SCOPE);
  await catalog.current(as('writer'), SCOPE);
  expect(changes).toEqual([]);
  stop();
});

test('streams of two tokens of a person hear each of its own lists, which are asked for with its own token', async () => {
  const { asked, feeds, state, listen } = start();
  const [reader, writer] = [await listen('reader'), await listen('writer')];
  await jest.advanceTimersByTimeAsync(60_000);
  expect([reader.changes, writer.changes]).toEqual([[], []]);
  asked.splice(0);
  state.version += 1;
  feeds.get('one')?.notified('notifications/tools/list_changed', undefined);
  await jest.advanceTimersByTimeAsync(10_000);
  expect([reader.changes, writer.changes]).toEqual([['tools'], ['tools']]);
  expect(asked.toSorted()).toEqual(['one reader', 'one writer']);
  // What one of them has ended leaves the other one listening.
  writer.stop();
  await jest.advanceTimersByTimeAsync(60_000);
  state.version += 1;
  feeds.get('two')?.notified('notifications/tools/list_changed', undefined);
  await jest.advanceTimersByTimeAsync(10_000);
  expect([reader.changes, writer.changes]).toEqual([['tools', 'tools'], ['tools']]);
  reader.stop();
});

test('what a backend says in a call with another token of the person is heard by its stream', async () => {
  const { state, watch, listen } = start();
  const { changes, stop } = await listen('reader');
  await jest.advanceTimersByTimeAsync(60_000);
  state.version += 1;
  watch.backendChanged(as('writer'), 'one');
  await jest.advanceTimersByTimeAsync(10_000);
  expect(changes).toEqual(['tools']);
  stop();
});
