import type { RateLimit, RateLimiting } from '@gatehouse/config/model/rate-limits';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import { personKey, type Principal } from '../incoming-auth/principal.js';
import { CountedKeys } from './counted-keys.js';
import type { Thing } from './things.js';
import type { LeaseFacts, TokenLeases, Wait } from './token-leases.flow.js';

export interface Limited {
  readonly kind: 'limited';
  /** Name of the limit. */
  readonly limit: string;
  readonly retryAfterSeconds: number;
}

/** How many calls may be made in a time. What counts them is never what a client says of itself beside its token. */
export class RateLimits {
  readonly #keys = new CountedKeys();

  constructor(
    private readonly limiting: RateLimiting,
    private readonly leases: Pick<TokenLeases, 'take' | 'putBack'>,
  ) {}

  /**
   * Takes a token for the call from each limit that is about it: from all of them, or from none.
   * @param isAboutTask limits of tools count calls of tools, and not who looks how far one has come
   */
  take(
    principal: Principal,
    thing: Thing,
    isAboutTask = false,
  ): Limited | undefined | Promise<Limited | undefined> {
    const limits = this.limiting.limits.filter(
      (limit) => isAbout(limit, thing) && !(isAboutTask && isOfTools(limit)),
    );
    const taken: LeaseFacts[] = [];
    for (const [index, limit] of limits.entries()) {
      const facts = this.#facts(limit, principal, thing);
      const wait = this.leases.take(facts);
      if (wait instanceof Promise)
        return this.#later(wait, { limits, index, facts, taken, principal, thing });
      if (wait !== undefined) return this.#refused(limit, wait, taken);
      taken.push(facts);
    }
    return undefined;
  }

  async #later(first: Promise<Wait>, on: Going): Promise<Limited | undefined> {
    const { limits, index, facts, taken, principal, thing } = on;
    let [wait, now] = [await first, facts];
    for (const [at, limit] of [...limits.entries()].slice(index)) {
      if (at > index) {
        now = this.#facts(limit, principal, thing);
        wait = await this.leases.take(now);
      }
      if (wait !== undefined) return this.#refused(limit, wait, taken);
      taken.push(now);
    }
    return undefined;
  }

  #refused({ name }: RateLimit, waitMs: number, taken: readonly LeaseFacts[]): Limited {
    for (const facts of taken) this.leases.putBack(facts);
    return { kind: 'limited', limit: name, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / SECOND_MS)) };
  }

  #facts(limit: RateLimit, principal: Principal, thing: Thing): LeaseFacts {
    const { name, per, maxTokens, refillPeriodMs } = limit;
    const counted = [
      name,
      per.includes('user') ? personKey(principal) : '',
      per.includes('client') ? principal.clientId : '',
      per.includes('backend') || per.includes('tool') ? thing.backend : '',
      per.includes('tool') ? thing.original : '',
    ];
    return { key: this.#keys.of(JSON.stringify(counted)), rate: { maxTokens, refillPeriodMs } };
  }
}

interface Going {
  readonly limits: readonly RateLimit[];
  readonly index: number;
  readonly facts: LeaseFacts;
  readonly taken: LeaseFacts[];
  readonly principal: Principal;
  readonly thing: Thing;
}

const isOfTools = ({ tools, per }: Pick<RateLimit, 'tools' | 'per'>): boolean =>
  tools !== undefined || per.includes('tool');

const isAbout = (limit: RateLimit, { action, backend, original }: Thing): boolean =>
  limit.backends?.includes(backend) !== false &&
  (!isOfTools(limit) ||
    (action === 'call_tool' && limit.tools?.some((pattern) => matchesWildcard(pattern, original)) !== false));
