import { setTimeout as delay } from 'node:timers/promises';
import { Cannot } from '../set-up/say.mjs';

const LOOK_EVERY_MS = 500;

/**
 * Looks again and again, until there is something to see.
 * @template T
 * @param {string} what is waited for, as a sentence begins
 * @param {() => Promise<T | undefined | false>} look
 * @param {number} [mostMs]
 * @returns {Promise<T>}
 */
export async function until(what, look, mostMs = 60_000) {
  for (const deadlineMs = Date.now() + mostMs; ; await delay(LOOK_EVERY_MS)) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadlineMs) throw new Cannot(`${what}: not within ${mostMs / 1_000} s.`);
  }
}
