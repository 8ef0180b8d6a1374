import { HOUR_MS } from '@gatehouse/kernel/durations';
import { LRUCache } from 'lru-cache';
import { personKey, type Principal } from '../incoming-auth/principal.js';
import type { Peer } from './peer.js';

/** A session that a backend keeps for us. */
export type PeerSession = Extract<Peer, { era: 'legacy' }> & {
  readonly backend: string;
  readonly principal: Principal;
};

const MAX_SESSIONS = 20_000;
/** A person has one for each sign-in, or client, and backend: nobody pushes out those of others. */
const MAX_SESSIONS_OF_ONE = 2_000;
const FORGET_IDLE_MS = HOUR_MS;

/** Sessions at backends. What falls out for want of room or use is told to its backend. */
export class PeerSessions {
  readonly #sessions: LRUCache<string, PeerSession>;
  /** Keys by person, in the order in which the sessions were begun. */
  readonly #of = new Map<string, Set<string>>();

  constructor(
    private readonly forgotten: (session: PeerSession) => void,
    private readonly mostOfOne = MAX_SESSIONS_OF_ONE,
  ) {
    this.#sessions = new LRUCache<string, PeerSession>({
      max: MAX_SESSIONS,
      ttl: FORGET_IDLE_MS,
      updateAgeOnGet: true,
      dispose: (session, key, reason) => {
        const person = personKey(session.principal);
        const keys = this.#of.get(person);
        if (reason !== 'set') keys?.delete(key);
        if (keys?.size === 0) this.#of.delete(person);
        if (reason === 'evict' || reason === 'expire') this.forgotten(session);
      },
    });
  }

  get(key: string): PeerSession | undefined {
    return this.#sessions.get(key);
  }

  set(key: string, session: PeerSession): void {
    const person = personKey(session.principal);
    const keys = this.#of.get(person) ?? new Set();
    this.#of.set(person, keys.add(key));
    this.#sessions.set(key, session);
    const [oldest] = keys;
    if (keys.size <= this.mostOfOne || oldest === undefined) return;
    const given = this.#sessions.peek(oldest);
    this.#sessions.delete(oldest);
    if (given !== undefined) this.forgotten(given);
  }

  delete(key: string): void {
    this.#sessions.delete(key);
  }

  /** Forgets what matches; nobody is told. */
  drop(matches: (principal: Principal, backend: string) => boolean): void {
    for (const [key, { principal, backend }] of [...this.#sessions.entries()])
      if (matches(principal, backend)) this.#sessions.delete(key);
  }
}
