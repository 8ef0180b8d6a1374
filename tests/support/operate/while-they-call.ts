import { printFigure } from '@gatehouse/testing/figures';
import type { World } from '@gatehouse/testing/world';
import { Callers, type SignedIn } from '../callers.js';

/** What is done while people call. @returns what they were told */
export async function whileTheyCall(
  world: World,
  people: readonly SignedIn[],
  what: () => Promise<void>,
): Promise<Callers> {
  const callers = new Callers(world, people);
  try {
    await callers.more('right', 2);
    await what();
    await callers.more('right', 2);
  } finally {
    await callers.stop();
  }
  return callers;
}

export const told = (name: string, { right, wrong, retryable, others, slowestMs }: Callers): void =>
  printFigure(
    `runbook ${name} | right ${right}, wrong ${wrong}, retryable ${retryable}, other ${others.length}, slowest answer ${Math.round(slowestMs)} ms`,
  );
