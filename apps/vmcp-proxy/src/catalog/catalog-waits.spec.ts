import { describe, expect, jest, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Secret } from '@gatehouse/kernel/secret';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { aggregationOf, wholeScope } from './aggregation.fixture.js';
import { catalogOf, NO_LISTS } from './catalog.fixture.js';
import type { ListBackend } from './catalog-surroundings.js';
import type { BackendLists } from './definitions.js';
import { scopesOf, type Scope } from './scope.js';

const SCOPE = wholeScope(['slow', 'dead', 'one', 'two']);

test('a list waits five seconds for a slow backend; a call waits for its own backend until it has answered or failed', async () => {
  jest.useFakeTimers();
  try {
    let answer = (): void => undefined;
    const slow = new Promise<BackendLists>((resolve) => {
      answer = () => resolve(NO_LISTS);
    });
    const catalog = catalogOf(['slow', 'dead'], async (backend) =>
      backend === 'slow' ? await slow : await new Promise<never>(() => undefined),
    );
    const list = catalog.current(ANONYMOUS, SCOPE);
    let called = false;
    const call = catalog.settled(ANONYMOUS, SCOPE, ['slow']).then(() => (called = true));
    await jest.advanceTimersByTimeAsync(5_000);
    await list;
    expect(catalog.failureOf(ANONYMOUS, 'slow')?.code).toBe('backend_unavailable');
    await jest.advanceTimersByTimeAsync(14_000);
    expect(called).toBe(false);
    answer();
    await call;
    expect(catalog.failureOf(ANONYMOUS, 'slow')).toBeUndefined();
  } finally {
    jest.useRealTimers();
  }
});

test('for a new name lists are asked for again after two seconds, for a list after thirty, and only those that matter', async () => {
  const asked: string[] = [];
  let nowMs = 1_000_000;
  const list: ListBackend = async (backend) => {
    asked.push(backend);
    return await Promise.resolve(NO_LISTS);
  };
  const catalog = catalogOf(['one', 'two'], list, () => nowMs);
  await catalog.current(ANONYMOUS, SCOPE);
  nowMs += 1_999;
  await catalog.settled(ANONYMOUS, SCOPE, ['one'], { freshForMs: 2_000 });
  expect(asked).toEqual(['one', 'two']);
  nowMs += 1;
  await catalog.settled(ANONYMOUS, SCOPE, ['one'], { freshForMs: 2_000 });
  await catalog.current(ANONYMOUS, SCOPE);
  expect(asked).toEqual(['one', 'two', 'one']);
});

test('lists in which one is missing are shown where nothing better is known, and asked for again after five seconds', async () => {
  const tools = [{ name: 'echo', inputSchema: { type: 'object' } }];
  const missing = new GatehouseError('busy', '', { details: { backend: 'one', ran: 'maybe' } });
  const inPart = { ...NO_LISTS, tools, missing, digest: 'part' };
  const whole = { ...NO_LISTS, tools, prompts: [{ name: 'greet' }], digest: 'whole' };
  let listed: BackendLists = inPart;
  let nowMs = 1_000_000;
  let asked = 0;
  const list: ListBackend = async () => {
    asked += 1;
    return await Promise.resolve(listed);
  };
  const catalog = catalogOf(['one'], list, () => nowMs);
  const first = await catalog.current(ANONYMOUS, SCOPE);
  expect(first.tool('one_echo')?.standsIn).toBeUndefined();
  expect(catalog.failureOf(ANONYMOUS, 'one')).toMatchObject({ code: 'busy', details: { ran: 'no' } });
  nowMs += 4_999;
  await catalog.current(ANONYMOUS, SCOPE);
  expect(asked).toBe(1);
  listed = whole;
  nowMs += 1;
  expect((await catalog.current(ANONYMOUS, SCOPE)).prompt('one_greet')).toBeDefined();
  listed = inPart;
  nowMs += 30_000;
  const last = await catalog.current(ANONYMOUS, SCOPE);
  expect([asked, last.prompt('one_greet')?.backend]).toEqual([3, 'one']);
  expect(catalog.failureOf(ANONYMOUS, 'one')?.code).toBe('busy');
});

describe('lists of many principals', () => {
  const LIST_BYTES = 1_000;
  const MOST_BYTES = 20_000;
  const callers = Array.from({ length: 50 }, (_, index) => ({ ...ANONYMOUS, key: `caller ${index}` }));
  const [first, last] = [
    { ...ANONYMOUS, key: 'caller 0' },
    { ...ANONYMOUS, key: 'caller 49' },
  ];

  function setUp(digestOf: (key: string) => string) {
    const asked: string[] = [];
    const clock = { nowMs: 1_000_000 };
    const list: ListBackend = async (_backend, { key }) => {
      asked.push(key);
      const tools = [{ name: 'echo', inputSchema: { type: 'object' } }];
      return await Promise.resolve({ ...NO_LISTS, tools, bytes: LIST_BYTES, digest: digestOf(key) });
    };
    return { asked, clock, catalog: catalogOf(['one'], list, () => clock.nowMs, MOST_BYTES) };
  }

  test('that all differ take no more memory than is set for them; who came last is still known', async () => {
    const { asked, catalog } = setUp((key) => key);
    for (const caller of callers) {
      expect((await catalog.current(caller, SCOPE)).tool('one_echo')).toBeDefined();
      expect(catalog.keptBytes).toBeLessThanOrEqual(MOST_BYTES);
    }
    // Each with what is put together of it.
    expect(catalog.keptBytes).toBe(MOST_BYTES);
    expect(catalog.known(last, SCOPE).tool('one_echo')).toBeDefined();
    await catalog.current(last, SCOPE);
    expect(asked).toHaveLength(50);
    expect(catalog.known(first, SCOPE).tool('one_echo')).toBeUndefined();
    expect((await catalog.current(first, SCOPE)).tool('one_echo')).toBeDefined();
    expect(asked.slice(50)).toEqual([first.key]);
  });

  test('that are all alike are kept once, until the last of their principals is forgotten', async () => {
    const { asked, catalog } = setUp(() => 'the same');
    for (const caller of [...callers, ...callers]) await catalog.current(caller, SCOPE);
    expect([asked.length, catalog.keptBytes]).toEqual([50, 2 * LIST_BYTES]);
    catalog.forget(({ key }) => key !== first.key);
    expect(catalog.keptBytes).toBe(2 * LIST_BYTES);
    catalog.forget(() => true);
    expect(catalog.keptBytes).toBe(0);
  });

  test('that change leave nothing of what they were', async () => {
    let version = 0;
    const { clock, catalog } = setUp(() => `version ${version}`);
    for (; version < 50; version += 1) {
      await catalog.current(first, SCOPE);
      clock.nowMs += 30_000;
    }
    expect(catalog.keptBytes).toBe(2 * LIST_BYTES);
  });

  test('that nobody has used for an hour go, and a listing that is over only then keeps nothing', async () => {
    const { clock, catalog } = setUp((key) => key);
    for (const caller of callers.slice(0, 5)) await catalog.current(caller, SCOPE);
    clock.nowMs += 3_599_999;
    catalog.known(first, SCOPE);
    clock.nowMs += 1;
    const late = catalog.current({ ...ANONYMOUS, key: 'late' }, SCOPE);
    catalog.forget(({ key }) => key === 'late');
    expect((await late).tool('one_echo')).toBeDefined();
    await catalog.current(last, SCOPE);
    expect(catalog.known(first, SCOPE).tool('one_echo')).toBeDefined();
    expect(catalog.keptBytes).toBe(2 * 2 * LIST_BYTES);
  });
});

test('a backend whose lists time out is told to callers as one where nothing was done', async () => {
  const late = new GatehouseError('deadline_exceeded', '', { details: { backend: 'one', ran: 'maybe' } });
  const catalog = catalogOf(['one'], async () => await Promise.reject(late));
  await catalog.settled(ANONYMOUS, SCOPE, ['one']);
  expect(catalog.failureOf(ANONYMOUS, 'one')?.details).toEqual({ backend: 'one', ran: 'no' });
});

test('what a failure says to one person is not what it said to another', async () => {
  const details = {
    alice: { target: 'https://sign-in.example/alice', retryAfterSeconds: '7' },
    bob: { target: 'https://sign-in.example/bob', retryAfterSeconds: '9' },
  };
  let code: 'backend_redirects' | 'busy' = 'backend_redirects';
  let nowMs = 1_000_000;
  const list: ListBackend = async (_backend, { key }) =>
    await Promise.reject(
      new GatehouseError(code, '', { details: key === 'alice' ? details.alice : details.bob }),
    );
  const catalog = catalogOf(['one'], list, () => nowMs);
  for (code of ['backend_redirects', 'busy'] as const) {
    for (const key of ['alice', 'bob'] as const) {
      const caller = { ...ANONYMOUS, key };
      const tool = (await catalog.current(caller, SCOPE)).tool('one_status');
      if (code === 'backend_redirects')
        expect(JSON.stringify(tool)).toContain(`It leads to ${details[key].target}.`);
      expect(catalog.failureOf(caller, 'one')?.details).toEqual(details[key]);
    }
    nowMs += 5_000;
  }
});

test('lists go on being asked for with the token that the caller has now, not with the first one', async () => {
  const listedWith: unknown[] = [];
  let nowMs = 1_000_000;
  const list: ListBackend = async (_backend, { token: used }) => {
    listedWith.push(used?.reveal());
    return await Promise.resolve(NO_LISTS);
  };
  const catalog = catalogOf(['one'], list, () => nowMs);
  const first = { ...ANONYMOUS, token: new Secret('first') };
  await catalog.current(first, SCOPE);
  nowMs += 31_000;
  await catalog.current({ ...first, token: new Secret('renewed') }, SCOPE);
  expect(listedWith).toEqual(['first', 'renewed']);
});

describe('scopes', () => {
  const listsOf = (backend: string): BackendLists => ({
    ...NO_LISTS,
    tools: [{ name: 'echo' }, { name: 'drop' }],
    // The same content at both.
    digest: 'same',
    bytes: backend.length,
  });
  const view = {
    name: 'v',
    backends: ['one'],
    tools: { include: ['one/echo'], exclude: [] },
    prompts: { exclude: [] },
    resources: { exclude: [] },
  };
  const [whole, one, two, chosen] = scopesOf({
    backends: [{ name: 'one' }, { name: 'two' }] as never,
    aggregation: aggregationOf(),
    views: [view],
  });

  test('share lists, which are asked for only where they matter, and mix no views', async () => {
    const asked: string[] = [];
    const catalog = catalogOf(['one', 'two'], async (backend) => {
      asked.push(backend);
      return await Promise.resolve(listsOf(backend));
    });
    if (whole === undefined || one === undefined || two === undefined || chosen === undefined)
      throw new Error('a scope is missing');
    const names = async (scope: Scope): Promise<unknown> =>
      (JSON.parse((await catalog.current(ANONYMOUS, scope)).text('tools')) as { name: string }[]).map(
        ({ name }) => name,
      );
    expect(await names(chosen)).toEqual(['one_echo']);
    expect(asked).toEqual(['one']);
    expect(await names(whole)).toEqual(['one_echo', 'one_drop', 'two_echo', 'two_drop']);
    expect(asked).toEqual(['one', 'two']);
    for (const place of [one, two]) expect(await names(place)).toEqual(['echo', 'drop']);
    expect(asked).toEqual(['one', 'two']);
    expect(catalog.known(ANONYMOUS, one).tool('echo')?.backend).toBe('one');
    expect(catalog.known(ANONYMOUS, two).tool('echo')?.backend).toBe('two');
    expect(catalog.known(ANONYMOUS, chosen).tool('one_drop')).toBeUndefined();
    catalog.forget(() => true);
    expect(catalog.keptBytes).toBe(0);
  });

  test('see what changed, each of them', async () => {
    let tools = [{ name: 'old' }];
    const list: ListBackend = async () =>
      await Promise.resolve({ ...NO_LISTS, tools, digest: JSON.stringify(tools) });
    const catalog = catalogOf(['one', 'two'], list);
    if (whole === undefined || one === undefined) throw new Error('a scope is missing');
    for (const scope of [whole, one]) await catalog.current(ANONYMOUS, scope);
    tools = [{ name: 'new' }];
    catalog.expire(() => true);
    await catalog.current(ANONYMOUS, one);
    expect(catalog.known(ANONYMOUS, one).tool('new')).toBeDefined();
    expect(catalog.known(ANONYMOUS, whole).tool('one_new')).toBeDefined();
    expect(catalog.known(ANONYMOUS, whole).tool('two_new')).toBeUndefined();
    await catalog.current(ANONYMOUS, whole);
    expect(catalog.known(ANONYMOUS, whole).tool('two_new')).toBeDefined();
  });
});
