import { setTimeout as pause } from 'node:timers/promises';
import type { World } from '@gatehouse/testing/world';
import { KEPT_FOR_MS } from './options.js';
import { statusOf } from './status.js';

/** What nobody waits for any more is over by then. */
const OVER_WITHIN_MS = 3 * KEPT_FOR_MS;

/** Everybody has left: no replica has anything open at a backend. @returns what is still there. */
export async function leftovers(world: World): Promise<readonly string[]> {
  const giveUpAtMs = Date.now() + OVER_WITHIN_MS;
  for (;;) {
    const open = await openAt(world);
    if (open.length === 0 || Date.now() > giveUpAtMs) return open;
    await pause(500);
  }
}

const openAt = async (world: World): Promise<readonly string[]> =>
  (await statusOf(world))
    .filter(([, , { running }]) => running.calls + running.streams > 0)
    .map(
      ([replica, name, { running }]) =>
        `proxy ${replica} at ${name}: ${running.calls} calls, ${running.streams} streams`,
    );
