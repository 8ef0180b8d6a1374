import { atMost } from '@gatehouse/kernel/at-most';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { LRUCache } from 'lru-cache';
import type { SharedBuckets } from './shared-buckets.store.js';
import { isFull, takeTokens, type BucketRate, type BucketState } from './token-bucket.js';

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
  /** Calls that wait for a token. */
  waiting: number;
  /** For while the common one cannot be had. It stays: each outage does not begin with a full one. */
  own: BucketState | undefined;
}

const MAX_LEASES = 50_000;
/** Of a common bucket, one replica takes no larger part at once: what it does not use, others cannot. */
const MAX_PART = 10;
/** Who asks so soon again takes more at once. */
const SOON_MS = 500;
/** Nobody waits longer for the bus; and it is left alone for a while then. */
const ASK_FOR_MS = 250;
/** A timer that is so late says that this process was busy. */
const LATE_MS = 100;
const LEAVE_ALONE_MS = 2 * SECOND_MS;
/** Tokens that nobody has used for so long go back. */
const IDLE_MS = 2 * SECOND_MS;
const MAX_ROUNDS = 8;
/** For those who were not served in so many. */
const A_MOMENT_MS = SECOND_MS;
/** So many go back at the same time. */
const RETURNS_AT_ONCE = 100;

const mostOf = ({ maxTokens }: BucketRate): number => Math.max(1, Math.floor(maxTokens / MAX_PART));

/**
 * Tokens of common buckets, taken in batches and used up here: a call that finds one waits for nobody. A replica asks for the
 * next batch while there is some left.
 */
export class TokenLeases {
  readonly #leases = new LRUCache<string, Lease>(atMost(MAX_LEASES));
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
    // Those who wait were first.
    if (lease.tokens > lease.waiting) {
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
    const idle = [...this.#leases.values()].filter((lease) => this.#isIdle(lease, idleMs));
    for (let at = 0; at < idle.length; at += RETURNS_AT_ONCE) {
      if (this.nowMs() < this.#downUntilMs) return;
      const returned = await Promise.all(
        idle.slice(at, at + RETURNS_AT_ONCE).map(async (lease) => await this.#giveBack(lease, idleMs)),
      );
      // What is lost fills up again by itself.
      if (returned.includes(false)) return;
    }
  }

  stop(): void {
    clearInterval(this.#sweeping);
  }

  #isIdle({ usedAtMs, asking, waiting }: Lease, idleMs: number): boolean {
    return this.nowMs() - usedAtMs >= idleMs && asking === undefined && waiting === 0;
  }

  /** @returns whether the bus took it. */
  async #giveBack(lease: Lease, idleMs: number): Promise<boolean> {
    const { key, rate, tokens, own } = lease;
    // Others were given back meanwhile.
    if (this.#leases.peek(key) !== lease || !this.#isIdle(lease, idleMs)) return true;
    if (own === undefined || isFull(own, rate, this.nowMs())) this.#leases.delete(key);
    lease.tokens = 0;
    if (tokens < 1) return true;
    return await this.shared.take(key, rate, -tokens).then(
      () => true,
      () => false,
    );
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
      waiting: 0,
      own: undefined,
    };
    this.#leases.set(key, lease);
    return lease;
  }

  async #wait(lease: Lease): Promise<Wait> {
    lease.waiting += 1;
    let served: { readonly wait: Wait } | undefined;
    for (let round = 0; round < MAX_ROUNDS && served === undefined; round += 1) {
      await this.#atMost(this.#ask(lease));
      served = this.#served(lease);
    }
    // At once: nobody may ask for a token for a call that has one.
    lease.waiting -= 1;
    // Else others at other replicas were faster, again and again.
    return served === undefined ? A_MOMENT_MS : served.wait;
  }

  /** @returns `undefined`: what came was for others, ask again. */
  #served(lease: Lease): { readonly wait: Wait } | undefined {
    const nowMs = this.nowMs();
    if (lease.tokens >= 1) {
      lease.tokens -= 1;
      return { wait: undefined };
    }
    if (nowMs < lease.emptyUntilMs) return { wait: lease.emptyUntilMs - nowMs };
    return nowMs < this.#downUntilMs ? { wait: this.#alone(lease) } : undefined;
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
      // What those take who wait is spent at once: it is kept from nobody.
      const wanted = Math.max(lease.batch, lease.waiting - lease.tokens);
      const { granted, waitMs } = await this.shared.take(key, rate, wanted);
      lease.tokens += granted;
      this.#downUntilMs = 0;
      if (granted === 0) lease.emptyUntilMs = this.nowMs() + waitMs;
    } catch (error) {
      this.#isDown(error);
    }
  }

  async #atMost(work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      const wait = (isAgain: boolean): void => {
        const dueMs = performance.now() + ASK_FOR_MS;
        timer = setTimeout(() => {
          // The answer may be there, unread.
          if (!isAgain && performance.now() > dueMs + LATE_MS) {
            wait(true);
            return;
          }
          this.#isDown(new Error('the buckets do not answer in time'));
          resolve();
        }, ASK_FOR_MS);
      };
      wait(false);
    });
    try {
      await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
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
