/**
 * A program of its own, started by `gatehouse up`, which writes to its standard input the process groups that it has
 * started. When that pipe ends, the starter has finished or died; the keeper then stops every group in order and ends.
 * So nothing keeps running, not even after SIGKILL.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseOrder, type KeeperOrder, type StopPhase } from './keeper-orders.js';

type Kept = Extract<KeeperOrder, { kind: 'keep' }>;

const PATIENCE_MS = 12_000;
const LAST_PATIENCE_MS = 3_000;
const kept = new Map<number, Kept>();
let isHurried = false;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Already gone.
  }
}

/** A group whose leader is a zombie counts as ended. */
function isAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return true;
  }
}

/** Waits until none of the groups is left; `false`: patience ran out. */
async function gone(pids: readonly number[], patienceMs: () => number): Promise<boolean> {
  const beganMs = Date.now();
  while (pids.some(isAlive)) {
    if (Date.now() - beganMs > patienceMs()) return false;
    await pause(25);
  }
  return true;
}

async function stopPhase(phase: StopPhase): Promise<void> {
  const members = [...kept.values()].filter((entry) => entry.phase === phase);
  const pids = members.map(({ pid }) => pid);
  for (const { pid, signal } of members) signalGroup(pid, signal);
  if (await gone(pids, () => (isHurried ? 0 : PATIENCE_MS))) return;
  for (const pid of pids) signalGroup(pid, 'SIGKILL');
  await gone(pids, () => LAST_PATIENCE_MS);
}

function obey(order: KeeperOrder): void {
  if (order.kind === 'keep') kept.set(order.pid, order);
  else kept.delete(order.pid);
}

// How the starter says that nobody wants to wait any longer.
process.on('SIGUSR2', () => {
  isHurried = true;
});
// The keeper has its own session. A signal that reaches it all the same must not end it before its work is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const order = parseOrder(line);
  if (order !== undefined) obey(order);
}
for (const phase of [1, 2, 3] as const) await stopPhase(phase);
