import { Cannot } from '../cannot.js';
import { lastLines, type RunningProcess } from './processes.js';

const POLL_MS = 60;
const REQUEST_TIMEOUT_MS = 2_000;

/** Waits until a URL answers 200. A process that ends meanwhile, or never gets there, is shown with its last log lines. */
export async function untilHttpAnswers(
  running: RunningProcess,
  url: string,
  timeoutMs: number,
): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  let last = 'no answer';
  while (Date.now() < deadlineMs) {
    if (!running.isRunning())
      throw failed(running, `ended with ${await running.ended} instead of becoming ready`);
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      const body = await response.text();
      if (response.ok) return;
      last = `status ${response.status} ${body.slice(0, 200)}`;
    } catch (error) {
      last = error instanceof Error && error.cause instanceof Error ? error.cause.message : 'no answer';
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw failed(running, `was not ready after ${timeoutMs / 1000} s (${url}: ${last})`);
}

/** The complaint about a process, with what it said last. */
export function failed(running: RunningProcess, what: string): Cannot {
  const lines = lastLines(running.logFile);
  const said = lines === '' ? 'It wrote nothing.' : `Its last lines:\n${lines.replace(/^/gm, '  ')}`;
  return new Cannot(`${running.spec.name} ${what}.\n${said}\nWhole log: ${running.logFile}`);
}
