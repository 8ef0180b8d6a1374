import { setTimeout as delay } from 'node:timers/promises';
import type { Problem } from '@gatehouse/config/findings/problems';

/** Something outside the process that it cannot start without. */
export interface Dependency {
  /** Where the configuration says how to reach it. */
  readonly path: string;
  /**
   * @returns what is wrong, in words for the person who configures; `undefined` when it answers.
   * @throws when the configuration is too broken to ask; it has its own problem then.
   */
  readonly check: () => Promise<string | undefined>;
}

const ASK_AGAIN_AFTER_MS = 500;

/** Asks until all answer, or `withinMs` is over. @returns what does not answer then. */
export async function unreachableAfter(
  withinMs: number,
  document: string,
  dependencies: readonly Dependency[],
  waiting: (problems: readonly Problem[]) => void,
): Promise<readonly Problem[]> {
  const endsAtMs = performance.now() + withinMs;
  let problems = await unreachable(document, dependencies);
  if (problems.length > 0 && performance.now() < endsAtMs) waiting(problems);
  while (problems.length > 0 && performance.now() < endsAtMs) {
    await delay(ASK_AGAIN_AFTER_MS);
    problems = await unreachable(document, dependencies);
  }
  return problems;
}

/** Asks all dependencies at once. */
export async function unreachable(
  document: string,
  dependencies: readonly Dependency[],
): Promise<readonly Problem[]> {
  const verdicts = await Promise.all(
    dependencies.map(async ({ path, check }) => ({ document, path, message: await verdict(check) })),
  );
  return verdicts.flatMap(({ message, ...where }) => (message === undefined ? [] : [{ ...where, message }]));
}

async function verdict(check: Dependency['check']): Promise<string | undefined> {
  try {
    return await check();
  } catch {
    return undefined;
  }
}
