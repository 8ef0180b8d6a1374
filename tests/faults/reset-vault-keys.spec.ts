import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BACKENDS, signedIn, subjectAt } from '../support/callers.js';
import { inVault } from '../support/database.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const kids = async (): Promise<readonly string[]> =>
  (await inVault<{ kid: string }>(world, 'select kid from bus_keys')).map(({ kid }) => kid);

test('outage: the vault loses its table of keys: sign-ins and calls go on without a restart of the others', async () => {
  const before = await signedIn(world, 'alice');
  const lost = await kids();
  expect(lost).toHaveLength(1);
  // This sign-in makes the authorization server cache the key that gets lost. It would use it for a day.
  await Promise.all(world.replicas['token-vault'].map((replica) => replica.kill()));
  await inVault(world, 'delete from bus_keys');
  await Promise.all(world.replicas['token-vault'].map((replica) => replica.start()));
  const after = await signedIn(world, 'bob');
  expect(await kids()).not.toContain(lost[0]);
  for (const { login, accessToken } of [before, after])
    for (const backend of BACKENDS) {
      const { who } = await whoAmI(world.mcpUrl, accessToken, backend);
      expect(who?.subject).toBe(subjectAt(backend, login));
    }
});
