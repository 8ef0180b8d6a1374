import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { printFigure } from '@gatehouse/testing/figures';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { BACKENDS, Callers } from '../support/callers.js';
import { FOR_EVER_MS, Installation } from '../support/operate/installation.js';
import { Runbook } from '../support/operate/runbook.js';
import { Comers } from '../support/previous-release/comers.js';
import { Release } from '../support/previous-release/release.js';

const SPEC = 'tests/previous-release/upgrade.spec.ts';
/** Tokens of providers live so briefly that the vault is asked, and refreshes, again and again; longer than a call takes on a busy machine. */
const FLAGS = ['--sts-token-ttl', '30', '--acme-access-token-ttl', '30', '--octo-access-token-ttl', '30'];

/** Where it was not made, this release stands on both sides: the steps are the same. */
const before = Release.before();
let installation: Installation;
let comers: Comers;
let callers: Callers | undefined;
/** Of what was refused at one step. */
const MAX_SHOWN = before === undefined ? 0 : 20;

beforeAll(async () => {
  installation = await Installation.start({
    from: before,
    // What two replicas are for is looked at with two releases, and by tests/faults/rolling-restart.spec.ts.
    replicas: before === undefined ? 1 : 2,
    demonstrationFlags: FLAGS,
    configure: (yaml) =>
      yaml
        .replace('shutdownDelay: 0s', 'shutdownDelay: 2s')
        // Whoever calls all the time has one token for all of it.
        .replace(/^authServer:$/m, 'authServer:\n  tokenLifespans: { accessTokenLifespan: 10h }'),
  });
  comers = new Comers(installation.world);
  await comers.come();
  await comers.come();
  await comers.come();
}, FOR_EVER_MS);
afterEach(() => callers?.stop());
afterAll(() => installation.close(), FOR_EVER_MS);

const wrongs: unknown[] = [];
let told = { right: 0, wrong: 0, refused: 0 };

/** What runs now has been reached under calls. Everybody goes on with what they have, somebody signs in, somebody signs out. */
async function isRight(): Promise<void> {
  await callers?.more('right', BACKENDS.length);
  const wrong = await comers.everybodyGoesOn();
  await comers.come();
  await comers.go();
  await callers?.more('right', BACKENDS.length);
  const { right = 0, wrong: wrongOnes = 0, refused = [] } = callers ?? {};
  const state = SERVICES.map((service) => `${service} ${installation.releaseOf(service)}`).join(', ');
  printFigure(
    `two releases | ${state} | ${right - told.right} | ${wrongOnes - told.wrong} | ${refused.length - told.refused} | ${wrong.length}`,
  );
  for (const { backend, status, body } of refused.slice(told.refused, told.refused + MAX_SHOWN))
    printFigure(`refused | ${backend} ${status} ${JSON.stringify(body).slice(0, 300)}`);
  for (const one of wrong) printFigure(`not gone on | ${one}`);
  told = { right, wrong: wrongOnes, refused: refused.length };
  wrongs.push(...wrong.map((one) => `${state}: ${one}`));
}

/** Does that while people call, and looks at each step. Nobody is answered wrongly, refused, or signed out. */
async function underCalls(work: () => Promise<void>): Promise<void> {
  callers = new Callers(installation.world, comers.staying);
  told = { right: 0, wrong: 0, refused: 0 };
  installation.afterEachStep = isRight;
  await isRight();
  await work();
  await callers.stop();
  expect(wrongs).toEqual([]);
  // What is shared with other tests may be too busy to answer in time, and says so.
  expect(before === undefined ? callers.others : callers.refused).toEqual([]);
  expect(callers.wrong).toBe(0);
  expect(installation.unclean).toEqual([]);
}

test(
  'upgrade and back: nobody hears of either, and people go on at whichever release signed them in',
  async () => {
    if (before === undefined)
      printFigure('two releases NOT RUN: this one on both sides (npm run two-releases)');
    const runbook = await Runbook.of('docs/operate/upgrade.md', SPEC, installation);
    await underCalls(async () => {
      await runbook.perform('Prepare');
      await runbook.perform('Upgrade');
      await runbook.perform('See that it worked');
      await runbook.perform('Go back');
    });
    runbook.isDone();
  },
  FOR_EVER_MS,
);

/** Each changes one service, so that the eight combinations of three services have all been there at the end. */
const OTHER_STEPS: readonly (readonly [Service, 'new' | 'old'])[] = [
  ['authorization-server', 'new'],
  ['vmcp-proxy', 'new'],
  ['authorization-server', 'old'],
  ['token-vault', 'new'],
  ['authorization-server', 'new'],
];

if (before !== undefined)
  test(
    'every other combination of old and new services works as well',
    async () => {
      await underCalls(async () => {
        for (const [service, release] of OTHER_STEPS) await installation.replace(service, release);
      });
    },
    FOR_EVER_MS,
  );
