import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printFigure } from '@gatehouse/testing/figures';
import { until } from '@gatehouse/testing/until';
import type { World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Callers, wrongCalls, type SignedIn } from '../support/callers.js';
import { FOR_EVER_MS, Installation } from '../support/operate/installation.js';
import { NewPostgres } from '../support/operate/new-postgres.js';
import { everybodySignsIn } from '../support/operate/sign-ins.js';
import { Runbook } from '../support/operate/runbook.js';

const SPEC = 'tests/operate/backups.spec.ts';
/** A busy machine takes its time; what never happens is found all the same. */
const PATIENCE_MS = 240_000;

let installation: Installation;
let world: World;
let people: readonly SignedIn[];
let elsewhere: NewPostgres | undefined;

beforeAll(async () => {
  installation = await Installation.start({
    // A token that is renewed after the backup was made is not one that a restore could bring back.
    demonstrationFlags: ['--octo-access-token-ttl', '3600', '--acme-access-token-ttl', '3600'],
  });
  ({ world } = installation);
  people = await everybodySignsIn(world, ['alice', 'bob', 'alice']);
}, FOR_EVER_MS);
afterAll(async () => {
  await installation.close();
  await elsewhere?.close();
}, FOR_EVER_MS);

/** A token that is unknown (RFC 6749, section 5.2), and one of a client that is. */
const REFUSED = [400, 401];

/** Whether the session is known, by the way of its client. Its refresh token is used. */
const isKnown = async (person: SignedIn | undefined): Promise<boolean> => {
  let status: number | undefined;
  // A busy machine may be too late for a time limit.
  await until(async () => {
    status = (await person?.client.refresh(person.refreshToken))?.status;
    return status === 200 || REFUSED.includes(status ?? 0);
  }, PATIENCE_MS);
  return status === 200;
};

/** A proxy that was just started may have to ask twice. */
const everybodyIsRight = async (everybody: readonly SignedIn[]): Promise<void> =>
  await until(async () => (await wrongCalls(world.mcpUrl, everybody)).length === 0, PATIENCE_MS);

test(
  'back up and restore: who was signed in then is signed in, who came later is not, and going back turns that round',
  async () => {
    const runbook = await Runbook.of('docs/operate/back-up-and-restore.md', SPEC, installation);
    const callers = new Callers(world, people);
    await callers.more('right', 2);
    await runbook.perform('Back up');
    await callers.more('right', 2);
    await callers.stop();
    expect([callers.wrong, callers.others]).toEqual([0, []]);

    const [late, later] = await everybodySignsIn(world, ['bob', 'bob']);
    const beganMs = performance.now();
    await runbook.perform('Restore');
    await runbook.perform('See that it worked');
    printFigure(
      `runbook of a restore, from the stop to ready | ${Math.round(performance.now() - beganMs)} ms`,
    );
    await everybodyIsRight(people);
    expect(await isKnown(late)).toBe(false);

    await runbook.perform('Go back');
    await everybodyIsRight([...people, ...(later === undefined ? [] : [later])]);
    expect(await isKnown(later)).toBe(true);
    runbook.isDone();
  },
  FOR_EVER_MS,
);

test(
  'disaster recovery: with a new Postgres and a new NATS, whoever was signed in at the time of the backup still is',
  async () => {
    const runbook = await Runbook.of('docs/operate/disaster-recovery.md', SPEC, installation);
    await Promise.all(
      Object.values(world.replicas).flatMap((replicas) => replicas.map((program) => program.kill())),
    );
    await installation.loseBus();
    elsewhere = await NewPostgres.start();
    await elsewhere.makeDatabases(world.databases);
    const beganMs = performance.now();
    await runbook.perform('Recover', {
      OLD_POSTGRES: new URL(world.databases['token-vault'].url.reveal()).host,
      NEW_POSTGRES: elsewhere.address,
    });
    await runbook.perform('See that it worked');
    printFigure(
      `runbook of disaster recovery, without the machine | ${Math.round(performance.now() - beganMs)} ms`,
    );
    await everybodyIsRight(people);
    expect(await isKnown(people[2])).toBe(true);
    const configuration = await readFile(join(installation.folder, 'nats-server.conf'), 'utf8');
    expect(configuration).toContain('user: "token-vault"');
    runbook.isDone();
  },
  FOR_EVER_MS,
);
