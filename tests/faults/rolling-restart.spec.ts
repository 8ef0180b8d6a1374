import { printFigure } from '@gatehouse/testing/figures';
import type { World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { BACKENDS, Callers, signedIn, type SignedIn } from '../support/callers.js';
import { Installation } from '../support/operate/installation.js';
import { Runbook } from '../support/operate/runbook.js';

const SPEC = 'tests/faults/rolling-restart.spec.ts';

/** So that the vault is asked again and again; longer than a call takes on a busy machine, since a backend refuses what has ended. */
const STS_TTL_SECONDS = '30';
const OFTEN_AT_EACH = 5 * BACKENDS.length;

let installation: Installation;
let world: World;
beforeAll(async () => {
  installation = await Installation.start({
    replicas: 2,
    demonstrationFlags: ['--sts-token-ttl', STS_TTL_SECONDS],
    // Long enough for the load balancer to check the readiness twenty times.
    configure: (yaml) => yaml.replace('shutdownDelay: 0s', 'shutdownDelay: 2s'),
  });
  ({ world } = installation);
});
afterAll(() => installation.close());

/** Tokens are refreshed again and again, and now and then somebody signs in. */
class Comers {
  done = 0;
  #isRunning = true;
  readonly #ended: Promise<void>;

  constructor(people: readonly SignedIn[]) {
    this.#ended = this.#come(people);
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#ended;
  }

  async #come(people: readonly SignedIn[]): Promise<void> {
    const refreshTokens = people.map(({ refreshToken }) => refreshToken);
    for (let round = 0; this.#isRunning; round += 1) {
      const index = round % people.length;
      const answer = await people[index]?.client.refresh(refreshTokens[index] ?? '');
      expect(answer).toMatchObject({ status: 200 });
      refreshTokens[index] = answer?.refresh_token ?? '';
      if (round % people.length === 0) await signedIn(world, 'alice');
      this.done += 1;
      await pause(50);
    }
  }
}

test('every replica of every service is restarted in turn while calls, refreshes and sign-ins flow: nobody hears of it', async () => {
  const everybody = await Promise.all(
    ['alice', 'alice', 'bob', 'bob'].map((login) => signedIn(world, login)),
  );
  const callers = new Callers(world, everybody);
  const comers = new Comers(everybody);
  await callers.more('right', OFTEN_AT_EACH);
  const runbook = await Runbook.of('docs/operate/rolling-restart.md', SPEC, installation);
  await runbook.perform('Restart');
  await runbook.perform('See that it worked');
  runbook.isDone();
  await callers.more('right', BACKENDS.length);
  await callers.stop();
  await comers.stop();
  const { right, wrong, refused, slowestMs } = callers;
  const unanswered = Object.values(world.balancers).reduce((sum, balancer) => sum + balancer.unanswered, 0);
  printFigure(
    `rolling restart of two replicas of each service: right ${right}, wrong ${wrong}, failed ${refused.length}, refreshes ${comers.done}, unanswered ${unanswered}, slowest answer ${Math.round(slowestMs)} ms`,
  );
  expect(installation.unclean).toEqual([]);
  expect(refused).toEqual([]);
  expect({ wrong, unanswered }).toEqual({ wrong: 0, unanswered: 0 });
  expect(comers.done).toBeGreaterThan(0);
});
