import { Injectable } from '@nestjs/common';
import { equalsInConstantTime } from '@gatehouse/kernel/digest';
import { CHAIN_START, type CustodyEntry } from './custody-entry.js';
import { CustodyKeys } from './custody-keys.js';
import { CustodyLogStore } from './custody-log.store.js';

/** Where a chain is not what was written. */
export interface CustodyFinding {
  readonly replicaId: string;
  /** The first entry that is wrong or missing. */
  readonly sequence: number;
  readonly problem: 'missing' | 'altered' | 'unknown_key';
}

/** How far a chain is known to have reached, from the log lines of the service (`custody-log-head`). */
export interface KnownHead {
  readonly replicaId: string;
  readonly sequence: number;
}

export interface CustodyReport {
  readonly entries: number;
  readonly chains: number;
  /** At most one per chain: after a break nothing more can be said of it. */
  readonly findings: readonly CustodyFinding[];
}

/** Recomputes every chain. An entry that was removed, changed, moved or made up is found; so is a lost end, given its head. */
@Injectable()
export class VerifyCustodyLog {
  constructor(
    private readonly store: CustodyLogStore,
    private readonly keys: CustodyKeys,
  ) {}

  async run(heads: readonly KnownHead[] = []): Promise<CustodyReport> {
    const replicas = new Set([...(await this.store.replicas()), ...heads.map(({ replicaId }) => replicaId)]);
    const findings: CustodyFinding[] = [];
    let entries = 0;
    for (const replicaId of replicas) {
      const known = Math.max(
        0,
        ...heads.filter((head) => head.replicaId === replicaId).map(({ sequence }) => sequence),
      );
      const { count, finding } = await this.#chain(replicaId, known);
      entries += count;
      if (finding !== undefined) findings.push(finding);
    }
    return { entries, chains: replicas.size, findings };
  }

  async #chain(replicaId: string, known: number): Promise<{ count: number; finding?: CustodyFinding }> {
    let count = 0;
    let previousHash = CHAIN_START;
    for await (const entry of this.store.chain(replicaId)) {
      const problem = this.#problem(entry, count + 1, previousHash);
      if (problem !== undefined) return { count, finding: { replicaId, sequence: count + 1, problem } };
      previousHash = entry.hash;
      count += 1;
    }
    return count < known
      ? { count, finding: { replicaId, sequence: count + 1, problem: 'missing' } }
      : { count };
  }

  #problem(
    entry: CustodyEntry,
    sequence: number,
    previousHash: string,
  ): CustodyFinding['problem'] | undefined {
    if (entry.sequence !== sequence) return 'missing';
    const key = this.keys.find(entry.keyId);
    if (key === undefined) return 'unknown_key';
    return entry.previousHash === previousHash && equalsInConstantTime(key.hash(entry), entry.hash)
      ? undefined
      : 'altered';
  }
}
