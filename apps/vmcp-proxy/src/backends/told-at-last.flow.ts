import { setTimeout as pause } from 'node:timers/promises';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { retryAdvice } from '../refusals/failure-text.js';

const FIRST_PAUSE_MS = SECOND_MS / 4;
const LONGEST_PAUSE_MS = 4 * SECOND_MS;

/**
 * Sends again what somebody waits for, as long as it is certain that nothing of it has arrived: its credential cannot be had for
 * a moment, or the backend takes no connection.
 * @param goesOn whether it may still be sent, after that failure.
 */
export async function toldAtLast<Said>(
  send: () => Promise<Said>,
  goesOn: (error: unknown) => boolean,
): Promise<Said> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await send();
    } catch (error) {
      if (retryAdvice(GatehouseError.from(error)) !== 'safe' || !goesOn(error)) throw error;
      // Not all of them at once, when the vault is back.
      await pause(pauseMs * (0.5 + Math.random()), undefined, { ref: false });
      if (!goesOn(error)) throw error;
    }
  }
}
