import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { printFigure } from '@gatehouse/testing/figures';
import { AnswerPlay, randomFrom } from '../testing/answer-play.js';
import { startRefreshWorld, type RefreshWorld } from '../testing/refresh-world.js';

/** `npm run provider-answers` plays 10,000. */
const ANSWERS = Number(process.env['GATEHOUSE_ANSWERS'] ?? 300);
/** Printed, so that a play that went wrong can be played again. */
const SEED = Number(process.env['GATEHOUSE_SEED'] ?? Date.now() % 2 ** 32);

let world: RefreshWorld;

beforeAll(async () => {
  world = await startRefreshWorld();
});
afterAll(() => world.close());

test('whatever providers answer at random, no grant is lost, no dead one is "try again", and no outage asks anybody', async () => {
  const tally = await new AnswerPlay(world, randomFrom(SEED)).until(ANSWERS);
  const { answers, lives, grantsLost, falseTryAgain, falsePrompts, first } = tally;
  printFigure(
    `${answers} provider answers and faults at random over ${lives} grants and 2 replicas (seed ${SEED}): grants lost ${grantsLost}; ` +
      `false "try again" for dead grants ${falseTryAgain}; false reconnect prompts for outages ${falsePrompts}`,
  );
  expect(first).toEqual([]);
  expect({ grantsLost, falseTryAgain, falsePrompts }).toEqual({
    grantsLost: 0,
    falseTryAgain: 0,
    falsePrompts: 0,
  });
});
