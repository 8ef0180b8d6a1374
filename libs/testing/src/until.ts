import { setTimeout as delay } from 'node:timers/promises';

/** For what never happens; a busy machine takes its time with what does. */
const WITHIN_MS = 60_000;

/** Waits for what happens after an answer was given. @throws when it does not happen in time: within a minute, if nothing is said. */
export async function until(happened: () => Promise<boolean> | boolean, withinMs = WITHIN_MS): Promise<void> {
  const deadlineAtMs = Date.now() + withinMs;
  while (!(await happened())) {
    if (Date.now() > deadlineAtMs)
      throw new Error(`it did not happen within ${withinMs} ms: ${happened.toString().slice(0, 200)}`);
    await delay(20);
  }
}
