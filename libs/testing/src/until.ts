import { setTimeout as delay } from 'node:timers/promises';

const WITHIN_MS = 10_000;

/** Waits for what happens after an answer was given. @throws when it does not happen within ten seconds. */
export async function until(happened: () => boolean): Promise<void> {
  const deadlineAtMs = Date.now() + WITHIN_MS;
  while (!happened()) {
    if (Date.now() > deadlineAtMs) throw new Error(`it did not happen within ${WITHIN_MS} ms`);
    await delay(20);
  }
}
