import { expect, test } from '@jest/globals';
import { ANONYMOUS, type Principal } from '../incoming-auth/principal.js';
import { wholeScope } from './aggregation.fixture.js';
import { catalogOf, NO_LISTS } from './catalog.fixture.js';

const SCOPE = wholeScope(['one']);
/** By a token of an external issuer. */
const as = (key: string, role: string): Principal => ({ ...ANONYMOUS, key, claims: { role } });

function setUp() {
  const asked: string[] = [];
  const clock = { nowMs: 1_000_000 };
  const catalog = catalogOf(
    ['one'],
    async (_backend, { key, claims }) => {
      asked.push(`${key} ${String(claims?.['role'])}`);
      return await Promise.resolve(NO_LISTS);
    },
    () => clock.nowMs,
  );
  return { asked, clock, catalog };
}

test('attack: one person with ever other tokens pushes out everybody’s lists', async () => {
  const { asked, catalog } = setUp();
  await catalog.current(as('bob', 'his'), SCOPE);
  for (let token = 0; token < 20_001; token += 1) catalog.known(as('alice', `role-${token}`), SCOPE);
  await catalog.current(as('bob', 'his'), SCOPE);
  expect(asked).toEqual(['bob his']);
});

test('of one person’s tokens those that came last keep their lists, whichever came first', async () => {
  const { asked, clock, catalog } = setUp();
  const look = async (role: string) => {
    clock.nowMs += 1;
    await catalog.current(as('alice', role), SCOPE);
  };
  await look('always');
  for (let token = 0; token < 20; token += 1) {
    await look(`role-${token}`);
    await look('always');
  }
  await look('role-19');
  expect(asked.filter((one) => one === 'alice always')).toHaveLength(1);
  expect(asked.filter((one) => one === 'alice role-19')).toHaveLength(1);
  await look('role-0');
  expect(asked.filter((one) => one === 'alice role-0')).toHaveLength(2);
});
