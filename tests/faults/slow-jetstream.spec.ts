import { printFigure } from '@gatehouse/testing/figures';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedIn } from '../support/callers.js';
import { inAuthorizationServer, inVault } from '../support/database.js';
import { initialize } from '../support/legacy-session.js';
import { readinessOf } from '../support/readiness.js';
import { SlowJetStream } from '../support/slow-jetstream.js';

/** Longer than anybody waits for JetStream. */
const SLOW_MS = 8_000;

let world: World;
let bus: SlowJetStream;
beforeAll(async () => {
  world = await startWorld({
    reach: async (part, url) => {
      if (part !== 'nats') return url;
      bus = await SlowJetStream.before(url);
      return bus.url;
    },
  });
});
afterAll(async () => {
  await world.close();
  await bus.close();
});

/** How long one person takes to sign in, to call, and to be refused everywhere after signing out. */
async function visit(login: string) {
  const begunMs = performance.now();
  const person = await signedIn(world, login);
  const signedInMs = performance.now();
  expect((await whoAmI(world.mcpUrl, person.accessToken, 'repos')).who?.subject).toBe(`octo-${login}`);
  const calledMs = performance.now();
  expect(await person.client.revoke(person.refreshToken)).toBe(200);
  const revokedMs = performance.now();
  await until(async () => (await whoAmI(world.mcpUrl, person.accessToken, 'repos')).status === 401);
  const ms = [
    signedInMs - begunMs,
    calledMs - signedInMs,
    revokedMs - calledMs,
    performance.now() - revokedMs,
  ];
  return ms.map(Math.round);
}

const untold = async () => [
  ...(await inVault(world, 'select id from event_outbox')),
  ...(await inAuthorizationServer(
    world,
    'select tsid from sessions where closed_at is not null and announced_at is null',
  )),
];

test('a JetStream that answers late keeps no sign-in, call or sign-out waiting; what it did not confirm is told again', async () => {
  await visit('alice');
  const before = await visit('bob');
  bus.delayMs = SLOW_MS;
  const slow = [await visit('carol'), await visit('dora'), await visit('erin')];
  const { status, jobs } = await readinessOf(world, 'authorization-server');
  expect([status, jobs['events']?.status]).toEqual(['degraded', 'failing']);
  // A request that must be stored fails with an error instead of hanging.
  const begunMs = performance.now();
  const legacy = await initialize(world.mcpUrl, (await signedIn(world, 'fred')).accessToken);
  const legacyMs = performance.now() - begunMs;
  expect(legacy.status).toBe(503);
  expect(await untold()).not.toEqual([]);
  bus.delayMs = 0;
  await until(async () => (await untold()).length === 0);
  const shown = (ms: readonly number[]) => ms.join(' / ');
  printFigure(
    `JetStream ${SLOW_MS} ms late: sign-in / call / sign-out / refused everywhere in ms: before ${shown(before)}, meanwhile ${slow.map(shown).join(', ')}; a legacy session is refused after ${Math.round(legacyMs)} ms`,
  );
  // None of them waited for JetStream, however busy the machine is.
  const waits = slow.flat().filter((ms) => ms >= SLOW_MS);
  expect(waits).toEqual([]);
});
