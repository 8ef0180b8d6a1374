import { SECOND_MS } from '@gatehouse/kernel/durations';
import { LRUCache } from 'lru-cache';
import type { SharedBuckets } from './shared-buckets.store.js';
import { takeTokens, type BucketRate, type BucketState } from './token-bucket.js';

/** `undefined`: there is a token. Else so long until there is one. */
export type Wait = number | undefined;

export interface LeaseFacts {
  /** Of one rate, and of what it counts. */
  readonly key: string;
  readonly rate: BucketRate;
}

/** What a replica has of one common bucket. */
interface Lease extends LeaseFacts {
  tokens: number;
  usedAtMs: number;
  askedAtMs: number;
  /** How many it takes at once. */
  batch: number;
  /** There is none before that. */
  emptyUntilMs: number;
  asking: Promise<void> | undefined;
  /** While the common one cannot be had. */
  own: BucketState | undefined;
}

const MAX_LEASES = 50_000;
/** Of a common bucket, one replica takes no larger part at once: what it does not use, others cannot. */
const MAX_PART = 10;
/** Who asks so soon again takes more at once. */
const SOON_MS = 500;
/** Nobody waits longer for the bus; and it is left alone for a while then. */
const ASK_FOR_MS = 250;
const LEAVE_ALONE_MS = 2 * SECOND_MS;
/** Tokens that nobody has used for so long go back. */
const IDLE_MS = 2 * SECOND_MS;
const MAX_ROUNDS = 8;

const mostOf = ({ maxTokens }: BucketRate): number => Math.max(1, Math.floor(maxTokens / MAX_PART));

/**
 * Tokens of common buckets, taken in batches and used up here: a call that finds one waits for nobody. A replica asks for the
 * next batch while there is some left.
 */
export class TokenLeases {
  readonly #leases = new LRUCache<string, Lease>({ max: MAX_LEASES });
  #downUntilMs = 0;
  readonly #sweeping: NodeJS.Timeout;

  constructor(
    private readonly shared: Pick<SharedBuckets, 'take'>,
    private readonly whenUnavailable: 'local' | 'refuse',
    /** The common buckets cannot be had. */
    private readonly failed: (error: unknown) => void,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.#sweeping = setInterval(() => void this.giveBackIdle(), IDLE_MS).unref();
  }

  take(facts: LeaseFacts): Wait | Promise<Wait> {
    const lease = this.#leases.get(facts.key) ?? this.#open(facts);
    const nowMs = this.nowMs();
    lease.usedAtMs = nowMs;
    if (lease.tokens >= 1) {
      lease.tokens -= 1;
      // Of a small limit nothing is kept for later: another replica may need it now.
      const keeps = mostOf(lease.rate) > 1 && lease.tokens < lease.batch / 2;
      if (keeps && nowMs >= lease.emptyUntilMs) void this.#ask(lease);
      return undefined;
    }
    if (nowMs < lease.emptyUntilMs) return lease.emptyUntilMs - nowMs;
    return nowMs < this.#downUntilMs ? this.#alone(lease) : this.#wait(lease);
  }

  /** A token that {@link take} gave was not needed. */
  putBack({ key }: LeaseFacts): void {
    const lease = this.#leases.peek(key);
    if (lease !== undefined) lease.tokens += 1;
  }

  /** What is not used here is of use elsewhere. */
  async giveBackIdle(idleMs = IDLE_MS): Promise<void> {
    const nowMs = this.nowMs();
    if (nowMs < this.#downUntilMs) return;
    const returns: Promise<unknown>[] = [];
    for (const lease of this.#leases.values()) {
      if (nowMs - lease.usedAtMs < idleMs || lease.asking !== undefined) continue;
      this.#leases.delete(lease.key);
      const { key, rate, tokens } = lease;
      // What is lost fills up again by itself.
      if (tokens >= 1) returns.push(this.shared.take(key, rate, -Math.floor(tokens)).catch(() => undefined));
    }
    await Promise.all(returns);
  }

  stop(): void {
    clearInterval(this.#sweeping);
  }

  #open({ key, rate }: LeaseFacts): Lease {
    const lease: Lease = {
      key,
      rate,
      tokens: 0,
      usedAtMs: 0,
      askedAtMs: Number.NEGATIVE_INFINITY,
      batch: 1,
      emptyUntilMs: 0,
      asking: undefined,
      own: undefined,
    };
    this.#leases.set(key, lease);
    return lease;
  }

  async #wait(lease: Lease): Promise<Wait> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      await this.#atMost(this.#ask(lease));
      const nowMs = this.nowMs();
      if (lease.tokens >= 1) {
        lease.tokens -= 1;
        return undefined;
      }
      if (nowMs < lease.emptyUntilMs) return lease.emptyUntilMs - nowMs;
      if (nowMs < this.#downUntilMs) return this.#alone(lease);
    }
    // Others who came at the same time were faster, again and again.
    return lease.rate.refillPeriodMs / lease.rate.maxTokens;
  }

  /** Resolves when somebody has asked; never rejects. */
  #ask(lease: Lease): Promise<void> {
    lease.asking ??= this.#askNow(lease).finally(() => {
      lease.asking = undefined;
    });
    return lease.asking;
  }

  async #askNow(lease: Lease): Promise<void> {
    const { key, rate } = lease;
    const askedAtMs = this.nowMs();
    lease.batch = askedAtMs - lease.askedAtMs < SOON_MS ? Math.min(mostOf(rate), lease.batch * 2) : 1;
    lease.askedAtMs = askedAtMs;
    try {
      const { granted, waitMs } = await this.shared.take(key, rate, lease.batch);
      lease.tokens += granted;
      lease.own = undefined;
      this.#downUntilMs = 0;
      if (granted === 0) lease.emptyUntilMs = this.nowMs() + waitMs;
    } catch (error) {
      this.#isDown(error);
    }
  }

  async #atMost(work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#isDown(new Error('the buckets do not answer in time'));
        resolve();
      }, ASK_FOR_MS);
    });
    await Promise.race([work, late]);
    clearTimeout(timer);
  }

  #isDown(error: unknown): void {
    if (this.nowMs() >= this.#downUntilMs) this.failed(error);
    this.#downUntilMs = this.nowMs() + LEAVE_ALONE_MS;
  }

  /** Each replica has the whole limit to itself then, or nothing. */
  #alone(lease: Lease): Wait {
    if (this.whenUnavailable === 'refuse') return LEAVE_ALONE_MS;
    const { state, granted, waitMs } = takeTokens(lease.own, lease.rate, 1, this.nowMs());
    lease.own = state;
    return granted > 0 ? undefined : waitMs;
  }
}
