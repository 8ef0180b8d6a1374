import { printFigure } from '@gatehouse/testing/figures';
import { startReplicatedPostgres, type ReplicatedPostgres } from '@gatehouse/testing/replicated-postgres';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { Crowd } from '../support/campaign/crowd.js';
import { faultsOf } from '../support/campaign/faults.js';
import { Probe } from '../support/campaign/probe.js';
import { Releases } from '../support/campaign/releases.js';
import { TableOfFaults } from '../support/campaign/table.js';

/** `npm run faults` takes longer. */
const MINUTES = Number(process.env['GATEHOUSE_FAULTS_MINUTES'] ?? 4);
/** Short, so that tokens are refreshed all the time, and longer than a call takes on a busy machine. */
const FLAGS = ['--acme-access-token-ttl', '16', '--octo-access-token-ttl', '12', '--sts-token-ttl', '14'];

let postgres: ReplicatedPostgres;
let world: World;
beforeAll(async () => {
  postgres = await startReplicatedPostgres();
  world = await startWorld({
    replicas: 2,
    natsServers: 3,
    postgres: postgres.url,
    demonstrationFlags: FLAGS,
    configure: (yaml) => yaml.replace('shutdownDelay: 0s', 'shutdownDelay: 2s'),
  });
});
afterAll(async () => {
  await world.close();
  await postgres.close();
});

test(
  'a campaign of faults under load: no wrong answer, no grant lost but what was never delivered, everybody well again',
  async () => {
    const faults = faultsOf(world, postgres);
    const holdMs = Math.max(3_000, (MINUTES * 60_000) / faults.length - 12_000);
    const probe = await Probe.start(postgres.url);
    const releases = new Releases(world);
    const crowd = await Crowd.of(world);
    await crowd.well(performance.now());
    const table = new TableOfFaults();
    for (const { name, mayCost, inject, mend } of faults) {
      crowd.take();
      let sinceMs = performance.now();
      await inject();
      if (mend !== undefined) {
        await pause(holdMs);
        await mend();
        sinceMs = performance.now();
      }
      const recoveryMs = await crowd.well(sinceMs);
      table.add({ name, mayCost, recoveryMs, ...crowd.take() });
    }
    await crowd.stop();
    const written = await probe.stop();
    const released = await releases.stop();
    table.print();
    printFigure(
      `campaign: refreshes of sign-ins ${crowd.refreshes}, new sign-ins ${crowd.signIns}; transactions acknowledged ${written.acknowledged}, lost ${written.lost}; releases seen ${released.seen}, custody rows ${released.rows}`,
    );
    expect(table.rows.filter(({ wrong }) => wrong > 0)).toEqual([]);
    expect(table.rows.filter(({ other }) => other > 0)).toEqual([]);
    expect(table.rows.filter(({ lost, mayCost }) => lost > 0 && mayCost !== 'undelivered')).toEqual([]);
    expect(
      table.rows.filter(
        ({ retryable, unknown, mayCost }) => retryable + unknown > 0 && mayCost === 'nothing',
      ),
    ).toEqual([]);
    expect(written.lost).toBe(0);
    expect(released.rows).toBeGreaterThanOrEqual(released.seen);
  },
  (2 * MINUTES + 10) * 60_000,
);
