import { describe, expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Secret } from '@gatehouse/kernel/secret';
import { ANONYMOUS, type Principal } from '../incoming-auth/principal.js';
import { declaredIn } from '../mcp/client-capabilities.js';
import { wholeScope } from './aggregation.fixture.js';
import { catalogOf, NO_LISTS } from './catalog.fixture.js';
import type { ListBackend } from './catalog-surroundings.js';

const SCOPE = wholeScope(['one', 'two']);
const ONE = wholeScope(['one']);
const as = (token: string): Principal => ({ ...ANONYMOUS, token: new Secret(token) });

/** Looks begin at once, and come to their ends when the test says so; those with tokens that begin with `ended` in vain. */
function setUp(backends: readonly string[] = ['one']) {
  const asked: string[] = [];
  const clock = { nowMs: 1_000_000 };
  const held = new Map<string, () => void>();
  const list: ListBackend = async (backend, { token }) => {
    const name = token?.reveal() ?? '';
    asked.push(name);
    if (held.has(`${backend} ${name}`))
      await new Promise<void>((resolve) => held.set(`${backend} ${name}`, resolve));
    if (name.startsWith('ended')) throw new GatehouseError('token_invalid');
    return { ...NO_LISTS, tools: [{ name: 'echo', inputSchema: { type: 'object' } }], digest: name };
  };
  return {
    asked,
    clock,
    catalog: catalogOf(backends, list, () => clock.nowMs),
    hold: (look: string) => held.set(look, () => undefined),
    end: (look: string) => {
      const end = held.get(look);
      held.delete(look);
      end?.();
    },
  };
}

test('a token of a caller that has ended makes the backend be asked once a second; the next token at once', async () => {
  const { asked, clock, catalog } = setUp();
  for (const ms of [0, 1, 998]) {
    clock.nowMs += ms;
    await catalog.current(as('ended'), ONE);
  }
  expect(asked).toEqual(['ended']);
  clock.nowMs += 1;
  await catalog.current(as('ended'), ONE);
  expect((await catalog.current(as('next'), ONE)).tool('one_echo')?.standsIn).toBeUndefined();
  expect(asked).toEqual(['ended', 'ended', 'next']);
  expect(catalog.failureOf(as('next'), 'one')).toBeUndefined();
});

describe.each(['current', 'settled'] as const)(
  'while a look with a token that has ended runs (%s)',
  (how) => {
    const looked = async ({ catalog }: ReturnType<typeof setUp>, token: string) =>
      how === 'current'
        ? await catalog.current(as(token), ONE)
        : await catalog.settled(as(token), ONE, ['one']);

    test('a request with the next token waits for one of its own, and sees no failure', async () => {
      const world = setUp();
      const { asked, catalog, hold, end } = world;
      hold('one ended');
      const ended = looked(world, 'ended');
      const next = [looked(world, 'next'), looked(world, 'next')];
      end('one ended');
      for (const view of await Promise.all(next)) {
        expect(view.tool('one_echo')).toBeDefined();
        expect(view.tool('one_echo')?.standsIn).toBeUndefined();
      }
      await ended;
      expect(asked).toEqual(['ended', 'next']);
      expect(catalog.failureOf(as('next'), 'one')).toBeUndefined();
      expect(catalog.failuresOf(as('next'), ONE)).toEqual([]);
    });

    test('any other question with the next token does not make the failure its own', async () => {
      const world = setUp();
      const { asked, catalog, hold, end } = world;
      hold('one ended');
      const ended = looked(world, 'ended');
      catalog.known(as('next'), ONE);
      end('one ended');
      await ended;
      expect(catalog.failureOf(as('ended'), 'one')?.code).toBe('token_invalid');
      expect(catalog.failureOf(as('next'), 'one')?.code).toBe('backend_unavailable');
      expect(catalog.isSettled(as('next'), ONE)).toBe(false);
      expect((await looked(world, 'next')).tool('one_echo')?.standsIn).toBeUndefined();
      expect(asked).toEqual(['ended', 'next']);
    });

    test('a request with another one that has ended is told so, and asks no more than once', async () => {
      const world = setUp();
      const { asked, catalog, hold, end } = world;
      hold('one ended');
      const all = ['ended', 'ended too', 'ended as well'].map(async (token) => await looked(world, token));
      end('one ended');
      await Promise.all(all);
      expect(asked).toEqual(['ended', 'ended too']);
      expect(catalog.failureOf(as('ended too'), 'one')?.code).toBe('token_invalid');
    });
  },
);

test('a token that ends while another backend is still looked at spoils nothing of a request with a good one', async () => {
  const { clock, catalog, hold, end } = setUp(['one', 'two']);
  hold('two next');
  const next = catalog.current(as('next'), SCOPE);
  await catalog.settled(as('next'), SCOPE, ['one']);
  clock.nowMs += 30_000;
  await catalog.settled(as('ended'), SCOPE, ['one']);
  expect(catalog.failureOf(as('ended'), 'one')?.code).toBe('token_invalid');
  end('two next');
  expect((await next).tool('one_echo')?.standsIn).toBeUndefined();
  expect(catalog.failureOf(as('next'), 'one')).toBeUndefined();
});

test('that it took long to find a token ended keeps nobody from waiting for the look with the next one', async () => {
  const { clock, catalog, hold, end } = setUp();
  hold('one ended');
  const ended = catalog.current(as('ended'), ONE);
  clock.nowMs += 2_000;
  end('one ended');
  await ended;
  hold('one next');
  const next = catalog.current(as('next'), ONE);
  await new Promise((resolve) => setImmediate(resolve));
  end('one next');
  expect((await next).tool('one_echo')?.standsIn).toBeUndefined();
  expect((await next).tool('one_echo')).toBeDefined();
});

test('what is shown is that of the token which asks, whoever asked before', async () => {
  const { catalog } = setUp();
  await catalog.current(as('ended'), ONE);
  const shown = (token: string) => catalog.known(as(token), ONE).text('tools');
  const [ended, next] = [shown('ended'), shown('next')];
  expect(next).not.toBe(ended);
  expect([shown('ended'), shown('next')]).toEqual([ended, next]);
});

test('clients that declare something else take such a failure for the same token alone', async () => {
  const { asked, catalog, hold, end } = setUp();
  const other = declaredIn({ sampling: {} });
  await catalog.current(as('ended'), ONE);
  await catalog.current(as('ended'), ONE, other);
  expect(asked).toEqual(['ended']);
  const view = await catalog.current(as('next'), ONE, other);
  expect([view.tool('one_echo')?.standsIn, asked]).toEqual([undefined, ['ended', 'next']]);

  // They look at the same time.
  catalog.expire(() => true);
  hold('one ended');
  const ended = catalog.current(as('ended'), ONE);
  const next = catalog.current(as('next'), ONE, other);
  const joining = catalog.current(as('next'), ONE);
  end('one ended');
  await ended;
  for (const seen of [await next, await joining]) expect(seen.tool('one_echo')?.standsIn).toBeUndefined();
  expect(catalog.failureOf(as('next'), 'one')).toBeUndefined();
  expect(catalog.failureOf(as('next'), 'one', other)).toBeUndefined();
});
