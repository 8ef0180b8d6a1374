import { setTimeout as sleep } from 'node:timers/promises';
import { GatehouseError } from './gatehouse-error.js';

/** One piece of work that several replicas want done, and that only one of them may do at a time. */
export interface SharedWork<Lease, Outcome> {
  /** @returns the right to do it, or `undefined` while another replica has it or has done it. */
  readonly acquire: () => Promise<Lease | undefined>;
  /** @returns `undefined` when somebody else was faster after all: a look will tell. */
  readonly lead: (lease: Lease) => Promise<Outcome | undefined>;
  /** What somebody else's work came to; `undefined` while it is under way. */
  readonly look: () => Promise<Outcome | undefined>;
  /** How long another replica is waited for. */
  readonly patienceMs: number;
  /** The text of the failure when that was too short. */
  readonly busy: string;
}

/** Time as it passes; specs have their own. */
export interface Pace {
  readonly nowMs: () => number;
  readonly sleep: (delayMs: number) => Promise<void>;
}

const REAL: Pace = {
  nowMs: () => performance.now(),
  sleep: async (delayMs) => {
    await sleep(delayMs);
  },
};

const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 50;

/**
 * Leads the work when the lease is to be had, and else follows: looks again and again what the leader's work came to, and
 * takes the lead when the leader has gone without an outcome. It never leads twice at the same time.
 * @throws {GatehouseError} `busy` when patience ran out, and what the steps throw.
 */
export async function leadOrFollow<Lease, Outcome>(
  work: SharedWork<Lease, Outcome>,
  pace: Pace = REAL,
): Promise<Outcome> {
  const giveUpAtMs = pace.nowMs() + work.patienceMs;
  for (
    let pauseMs = FIRST_PAUSE_MS;
    pace.nowMs() < giveUpAtMs;
    pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)
  ) {
    const lease = await work.acquire();
    const outcome = (lease === undefined ? undefined : await work.lead(lease)) ?? (await work.look());
    if (outcome !== undefined) return outcome;
    await pace.sleep(pauseMs);
  }
  throw new GatehouseError('busy', work.busy);
}
