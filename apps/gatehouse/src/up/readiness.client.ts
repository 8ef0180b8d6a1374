import { once } from 'node:events';
import { connect } from 'node:net';
import { Cannot } from '../cannot.js';
import { reasonOf } from '../reason.js';
import { lastLines, type RunningProcess } from './processes.js';

const POLL_MS = 60;
const REQUEST_TIMEOUT_MS = 2_000;

/** Waits until a URL answers 200. */
export const untilHttpAnswers = (running: RunningProcess, url: string, timeoutMs: number): Promise<void> =>
  untilReady(running, timeoutMs, url, async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const body = await response.text();
    return response.ok ? undefined : `status ${response.status} ${body.slice(0, 200)}`;
  });

/** The same for a port on loopback that takes connections. */
export const untilListening = (running: RunningProcess, port: number, timeoutMs: number): Promise<void> =>
  untilReady(running, timeoutMs, `127.0.0.1:${port}`, async () => {
    const socket = connect({ host: '127.0.0.1', port });
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      return undefined;
    } finally {
      socket.destroy();
    }
  });

/**
 * Waits for one process. One that ends meanwhile, or never gets there, is shown with its last log lines.
 * @param missing says what is not ready yet; undefined: all is.
 */
export async function untilReady(
  running: RunningProcess,
  timeoutMs: number,
  what: string,
  missing: () => Promise<string | undefined> | string | undefined,
): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  let last = 'no answer';
  while (Date.now() < deadlineMs) {
    if (!running.isRunning())
      throw failed(running, `ended with ${await running.ended} instead of becoming ready`);
    try {
      const found = await missing();
      if (found === undefined) return;
      last = found;
    } catch (error) {
      last = reasonOf(error);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw failed(running, `was not ready after ${timeoutMs / 1000} s (${what}: ${last})`);
}

/** The complaint about a process, with what it said last. */
export function failed(running: RunningProcess, what: string): Cannot {
  const lines = lastLines(running.logFile);
  const said = lines === '' ? 'It wrote nothing.' : `Its last lines:\n${lines.replace(/^/gm, '  ')}`;
  return new Cannot(`${running.spec.name} ${what}.\n${said}\nWhole log: ${running.logFile}`);
}
