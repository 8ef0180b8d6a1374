import { readFileSync } from 'node:fs';
import { killProgramsOf } from '../bridge/descendants.js';
import { parseOrder, type KeeperOrder, type StopPhase } from './keeper-orders.js';

type Kept = Extract<KeeperOrder, { kind: 'keep' }>;

const PATIENCE_MS = 12_000;
const LAST_PATIENCE_MS = 3_000;

/** The process groups that the keeper stops, in the order of their phases. */
export class KeptGroups {
  readonly #kept = new Map<number, Kept>();
  readonly #asked = Promise.withResolvers<undefined>();
  #isHurried = false;

  /** @param patienceMs how long groups may take to end after their signal, before they are killed */
  constructor(private readonly patienceMs = PATIENCE_MS) {}

  /** Resolves when an order says to stop. */
  get asked(): Promise<undefined> {
    return this.#asked.promise;
  }

  /** Obeys one line of the starter. */
  obey(line: string): void {
    const order = parseOrder(line);
    switch (order?.kind) {
      case 'keep':
        this.#kept.set(order.pid, order);
        return;
      case 'forget':
        this.#kept.delete(order.pid);
        return;
      case 'stop':
        this.#asked.resolve(undefined);
        return;
      case 'hurry':
        this.#isHurried = true;
        return;
      case undefined:
      // Nothing may end the keeper.
    }
  }

  async stop(): Promise<void> {
    for (const phase of [1, 2, 3] as const) await this.#stopPhase(phase);
  }

  async #stopPhase(phase: StopPhase): Promise<void> {
    const members = [...this.#kept.values()].filter((entry) => entry.phase === phase);
    const pids = members.map(({ pid }) => pid);
    for (const { pid, signal } of members) signalGroup(pid, signal);
    if (!(await gone(pids, () => (this.#isHurried ? 0 : this.patienceMs)))) {
      for (const pid of pids) signalGroup(pid, 'SIGKILL');
      await gone(pids, () => LAST_PATIENCE_MS);
    }
    // A bridge that was killed has not ended its programs, which are in groups of their own.
    for (const pid of pids) killProgramsOf(pid);
  }
}

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
