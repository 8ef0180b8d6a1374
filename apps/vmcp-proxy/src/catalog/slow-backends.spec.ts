import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { CircuitOpen } from '../backends/circuit-open.js';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { wholeScope } from './aggregation.fixture.js';
import { catalogOf, NO_LISTS } from './catalog.fixture.js';
import type { ListBackend } from './catalog-surroundings.js';

const SCOPE = wholeScope(['live', 'dead', 'good', 'bad']);

describe('a backend that never answers', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Two backends, of which one may be dead; lists of the other change with the clock. */
  function setUp() {
    const state = { isDead: true, asked: 0 };
    const give = { up: (): void => undefined };
    const list: ListBackend = async (backend) => {
      if (backend === 'live') return await Promise.resolve(NO_LISTS);
      state.asked += 1;
      if (!state.isDead) return await Promise.resolve({ ...NO_LISTS, digest: 'dead' });
      return await new Promise((_resolve, reject) => {
        give.up = () => reject(new GatehouseError('deadline_exceeded', '', { details: { ran: 'maybe' } }));
      });
    };
    return { state, give, catalog: catalogOf(['live', 'dead'], list) };
  }
  /** Whether it is over without any time passing. */
  async function isOver(work: Promise<unknown>): Promise<boolean> {
    let over = false;
    void work.then(() => (over = true));
    await jest.advanceTimersByTimeAsync(0);
    return over;
  }

  test('delays a caller once: no list waits for it again until it has answered', async () => {
    const { state, give, catalog } = setUp();
    const first = catalog.current(ANONYMOUS, SCOPE);
    expect(await isOver(first)).toBe(false);
    await jest.advanceTimersByTimeAsync(5_000);
    await first;
    for (let time = 0; time < 10; time += 1) {
      expect(await isOver(catalog.current(ANONYMOUS, SCOPE))).toBe(true);
      await jest.advanceTimersByTimeAsync(4_000);
      if (time % 3 === 0) give.up();
    }
    expect(state.asked).toBeGreaterThan(1);
    state.isDead = false;
    give.up();
    await jest.advanceTimersByTimeAsync(5_000);
    await catalog.current(ANONYMOUS, SCOPE);
    await jest.advanceTimersByTimeAsync(0);
    expect(catalog.failureOf(ANONYMOUS, 'dead')).toBeUndefined();
  });

  test('holds up lists that are kept for a second, once', async () => {
    const { state, catalog } = setUp();
    state.isDead = false;
    await catalog.current(ANONYMOUS, SCOPE);
    state.isDead = true;
    await jest.advanceTimersByTimeAsync(30_000);
    const list = catalog.current(ANONYMOUS, SCOPE);
    await jest.advanceTimersByTimeAsync(999);
    expect(await isOver(list)).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await isOver(list)).toBe(true);
    expect(await isOver(catalog.current(ANONYMOUS, SCOPE))).toBe(true);
  });

  test('is waited for again when something has changed for the caller', async () => {
    const { catalog } = setUp();
    const first = catalog.current(ANONYMOUS, SCOPE);
    await jest.advanceTimersByTimeAsync(5_000);
    await first;
    catalog.expire(() => true);
    const again = catalog.current(ANONYMOUS, SCOPE);
    expect(await isOver(again)).toBe(false);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(await isOver(again)).toBe(true);
  });

  test('does not hold up a call that another one may answer', async () => {
    const { catalog } = setUp();
    const first = catalog.current(ANONYMOUS, SCOPE);
    await jest.advanceTimersByTimeAsync(5_000);
    await first;
    expect(await isOver(catalog.settled(ANONYMOUS, SCOPE, ['live', 'dead'], { freshForMs: 0 }))).toBe(true);
    expect(await isOver(catalog.settled(ANONYMOUS, SCOPE, ['dead'], { freshForMs: 0 }))).toBe(false);
  });

  test('that is left alone for now keeps nobody waiting', async () => {
    let error: GatehouseError = new GatehouseError('deadline_exceeded', '');
    let nowMs = 1_000_000;
    let isSlow = true;
    const list: ListBackend = async () => {
      if (isSlow) nowMs += 5_000;
      return await Promise.reject(error);
    };
    const catalog = catalogOf(['dead'], list, () => nowMs);
    await catalog.settled(ANONYMOUS, SCOPE, ['dead']);
    [error, isSlow] = [new CircuitOpen('dead', 5_000), false];
    nowMs += 5_000;
    await catalog.current(ANONYMOUS, SCOPE);
    await jest.advanceTimersByTimeAsync(0);
    expect(catalog.failureOf(ANONYMOUS, 'dead')?.details).toEqual(error.details);
  });
});

test('operators see how old the lists of a backend are, over all callers', async () => {
  let nowMs = 1_000_000;
  const list: ListBackend = async (backend) => {
    if (backend === 'bad') throw new GatehouseError('backend_unavailable', '');
    return await Promise.resolve(NO_LISTS);
  };
  const catalog = catalogOf(['good', 'bad'], list, () => nowMs);
  expect(catalog.agesOf('good')).toEqual({ principals: 0, failing: 0 });
  for (const key of ['a', 'b', 'c']) {
    await catalog.current({ ...ANONYMOUS, key }, SCOPE);
    nowMs += 2_000;
  }
  expect(catalog.agesOf('good')).toEqual({ principals: 3, failing: 0, newestMs: 2_000, oldestMs: 6_000 });
  expect(catalog.agesOf('bad')).toEqual({ principals: 0, failing: 3 });
});
