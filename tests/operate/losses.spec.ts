import { printFigure } from '@gatehouse/testing/figures';
import { startReplicatedPostgres, type ReplicatedPostgres } from '@gatehouse/testing/replicated-postgres';
import { until } from '@gatehouse/testing/until';
import type { World } from '@gatehouse/testing/world';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { BACKENDS, Callers, signedIn, wrongCalls, type SignedIn } from '../support/callers.js';
import { FOR_EVER_MS, Installation } from '../support/operate/installation.js';
import { Runbook } from '../support/operate/runbook.js';
import { readinessOf } from '../support/readiness.js';

const SPEC = 'tests/operate/losses.spec.ts';
/** So that the vault is asked again and again; longer than a call takes on a busy machine. */
const STS_TTL_SECONDS = '30';

let postgres: ReplicatedPostgres;
let installation: Installation;
let world: World;
let people: readonly SignedIn[];
let callers: Callers | undefined;

beforeAll(async () => {
  postgres = await startReplicatedPostgres();
  installation = await Installation.start({
    postgres: postgres.url,
    demonstrationFlags: ['--sts-token-ttl', STS_TTL_SECONDS],
  });
  ({ world } = installation);
  people = await Promise.all(['alice', 'bob'].map((login) => signedIn(world, login)));
}, FOR_EVER_MS);
afterEach(() => callers?.stop());
afterAll(async () => {
  await installation.close();
  await postgres.close();
}, FOR_EVER_MS);

test(
  'NATS has lost its data: people call and sign in meanwhile, and all is ready again without a restart',
  async () => {
    const runbook = await Runbook.of('docs/operate/lost-nats-data.md', SPEC, installation);
    await world.nats.wipe();
    await until(async () => (await readinessOf(world, 'token-vault')).status === 'degraded');
    const later = await signedIn(world, 'carol');
    callers = new Callers(world, [...people, later]);
    await callers.more('right', BACKENDS.length);
    await runbook.perform('Make the streams again');
    await runbook.perform('See that it worked');
    await callers.more('right', BACKENDS.length);
    await callers.stop();
    expect([callers.wrong, callers.others]).toEqual([0, []]);
    runbook.isDone();
  },
  FOR_EVER_MS,
);

test(
  'Postgres has lost its primary: after the promotion nothing is missing, nobody was answered wrongly, and nobody signs in again',
  async () => {
    const runbook = await Runbook.of('docs/operate/promote-postgres.md', SPEC, installation);
    const late = await signedIn(world, 'dora');
    callers = new Callers(world, people);
    await callers.more('right', 2);
    await postgres.losePrimary();
    await callers.more('answered', BACKENDS.length);
    installation.sqlUrl = postgres.standbyUrl;
    const beganMs = performance.now();
    await runbook.perform('Promote', {
      OLD_POSTGRES: new URL(postgres.url).host,
      NEW_POSTGRES: new URL(postgres.standbyUrl).host,
    });
    await runbook.perform('See that it worked');
    printFigure(
      `runbook of a promotion, from its first command to ready | ${Math.round(performance.now() - beganMs)} ms`,
    );
    await callers.more('right', BACKENDS.length);
    await callers.stop();
    expect([callers.wrong, callers.others]).toEqual([0, []]);
    expect(await wrongCalls(world.mcpUrl, [...people, late])).toEqual([]);
    expect(await late.client.refresh(late.refreshToken)).toMatchObject({ status: 200 });
    runbook.isDone();
    // Whoever tidies up comes by the old address.
    postgres.moveAddress();
  },
  FOR_EVER_MS,
);
