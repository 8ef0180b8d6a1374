import { Administrator } from '@gatehouse/testing/administrator';
import { freePort } from '@gatehouse/testing/free-port';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedIn, type SignedIn } from '../support/callers.js';
import { inVault } from '../support/database.js';

let world: World;
let administrator: Administrator;
let alice: SignedIn;

beforeAll(async () => {
  const port = await freePort();
  world = await startWorld({
    configure: (text) => Administrator.allowedIn(text, port),
    environment: { 'authorization-server': { [Administrator.secretVariable]: Administrator.secret } },
  });
  administrator = await Administrator.of(world.issuer, port);
});
afterAll(() => world.close());

const octo = async () => (await administrator.call('GET', '/providers/octo')).body;
const becomes = async (state: string) => {
  await until(async () => (await octo())['state'] === state);
  return await octo();
};

/** Calls the backend that needs octo's token, when that has just expired and nothing waits. */
async function calls(): Promise<boolean> {
  await inVault(
    world,
    `update connections set access_expires_at = now() - interval '1 second', next_attempt_at = null where provider = 'octo'`,
  );
  return (await whoAmI(world.mcpUrl, alice.accessToken, 'repos')).who !== undefined;
}

test('a provider that fails and recovers: the administrator reads when, and what it was', async () => {
  expect((await administrator.call('GET', '/providers')).body).toMatchObject({
    items: [
      { provider: 'acme-sso', state: 'unknown', since: null, answeredAt: null, failure: null },
      { provider: 'octo', state: 'unknown' },
    ],
  });
  alice = await signedIn(world, 'alice');
  const before = await becomes('working');
  expect(before['failure']).toBeNull();

  await world.demonstration.setFault({ part: 'octo', endpoint: 'token', mode: 'status500' });
  expect(await calls()).toBe(false);
  const failed = await becomes('unavailable');
  expect(failed).toMatchObject({ failure: { kind: 'oauth_error', status: 500 } });
  expect(String(failed['since']) > String(before['since'])).toBe(true);
  expect((await administrator.call('GET', '/providers/acme-sso')).body).toMatchObject({ state: 'working' });

  await world.demonstration.reset();
  await until(calls);
  const again = await becomes('working');
  expect(String(again['since']) > String(failed['since'])).toBe(true);
  expect(again['failure']).toMatchObject({ kind: 'oauth_error', status: 500 });
  const issued = await world.demonstration.issued();
  for (const { value } of issued) expect(JSON.stringify(again)).not.toContain(value);
});
