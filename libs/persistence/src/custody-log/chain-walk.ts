import { equalsInConstantTime } from '@gatehouse/kernel/digest';
import { CHAIN_START, type CustodyEntry } from './custody-entry.js';
import type { CustodyKeyring } from './custody-key.js';

/** How far a chain has got. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

export type ChainHeads = ReadonlyMap<string, ChainHead>;

/** Where a chain is not what was written. */
export interface ChainFinding {
  readonly replicaId: string;
  /** The first entry that is wrong or missing. */
  readonly sequence: number;
  readonly problem: 'missing' | 'altered' | 'unknown_key';
}

/** What one stretch of entries holds of a chain. */
export interface Segment {
  readonly replicaId: string;
  readonly first: number;
  readonly last: number;
  /** What the first entry follows, and the hash of the last. */
  readonly previousHash: string;
  readonly hash: string;
}

const START: ChainHead = { sequence: 0, hash: CHAIN_START };

/**
 * Recomputes chains, entry by entry; the entries of one chain come in order. An entry that was removed, changed, moved
 * or made up is found. There is at most one finding per chain, because nothing can be verified after a break.
 */
export class ChainWalk {
  readonly #heads: Map<string, ChainHead>;
  readonly #findings = new Map<string, ChainFinding>();
  #segments = new Map<string, Segment>();
  #entries = 0;

  constructor(
    private readonly keys: CustodyKeyring,
    heads: ChainHeads = new Map(),
  ) {
    this.#heads = new Map(heads);
  }

  take(entry: CustodyEntry): void {
    const { replicaId } = entry;
    if (this.#findings.has(replicaId)) return;
    const head = this.#heads.get(replicaId) ?? START;
    const problem = this.#problem(entry, head);
    if (problem !== undefined) {
      this.#findings.set(replicaId, { replicaId, sequence: head.sequence + 1, problem });
      return;
    }
    this.#entries += 1;
    const { sequence, hash } = entry;
    this.#heads.set(replicaId, { sequence, hash });
    const { first, previousHash } = this.#segments.get(replicaId) ?? {
      first: sequence,
      previousHash: head.hash,
    };
    this.#segments.set(replicaId, { replicaId, first, last: sequence, previousHash, hash });
  }

  /** Chains are known to have reached these entries: one that ends before has lost its end. */
  expect(heads: readonly (Pick<ChainHead, 'sequence'> & { readonly replicaId: string })[]): void {
    for (const { replicaId, sequence } of heads) {
      const reached = this.#heads.get(replicaId)?.sequence ?? 0;
      if (reached < sequence && !this.#findings.has(replicaId))
        this.#findings.set(replicaId, { replicaId, sequence: reached + 1, problem: 'missing' });
    }
  }

  /** What was taken since this was asked last. */
  segments(): readonly Segment[] {
    const segments = [...this.#segments.values()];
    this.#segments = new Map();
    return segments;
  }

  get heads(): ChainHeads {
    return this.#heads;
  }

  /** Entries that are good. */
  get entries(): number {
    return this.#entries;
  }

  get findings(): readonly ChainFinding[] {
    return [...this.#findings.values()];
  }

  #problem(entry: CustodyEntry, head: ChainHead): ChainFinding['problem'] | undefined {
    if (entry.sequence !== head.sequence + 1) return 'missing';
    const key = this.keys.find(entry.keyId);
    if (key === undefined) return 'unknown_key';
    return entry.previousHash === head.hash && equalsInConstantTime(key.hash(entry), entry.hash)
      ? undefined
      : 'altered';
  }
}
