import { atMost } from '@gatehouse/kernel/at-most';
import { HOUR_MS } from '@gatehouse/kernel/durations';
import { LRUCache } from 'lru-cache';
import { personKey, type Principal } from '../incoming-auth/principal.js';
import type { Peer } from './peer.js';

/** A session that a backend keeps for us. */
export type PeerSession = Extract<Peer, { era: 'legacy' }> & {
  readonly backend: string;
  readonly principal: Principal;
  /** Whose it is, within the principal. */
  readonly owner: string;
};

const MAX_SESSIONS = 20_000;
/** A person has one for each sign-in, or client, and backend: nobody pushes out those of others. */
const MAX_SESSIONS_OF_ONE = 2_000;
const FORGET_IDLE_MS = HOUR_MS;

/** Sessions at backends. What falls out for want of room or use is told to its backend. */
export class PeerSessions {
  readonly #sessions: LRUCache<string, PeerSession>;
  readonly #ofPerson = new KeysBy();
  readonly #ofOwner = new KeysBy();

  constructor(
    private readonly forgotten: (session: PeerSession) => void,
    private readonly mostOfOne = MAX_SESSIONS_OF_ONE,
    /** Whatever the reason: it is not used any more. */
    private readonly released: (session: PeerSession) => void = () => undefined,
  ) {
    this.#sessions = new LRUCache<string, PeerSession>({
      ...atMost(MAX_SESSIONS),
      ttl: FORGET_IDLE_MS,
      updateAgeOnGet: true,
      dispose: (session, key, reason) => {
        if (reason !== 'set') {
          this.#ofPerson.delete(personKey(session.principal), key);
          this.#ofOwner.delete(session.owner, key);
        }
        if (reason === 'evict' || reason === 'expire') this.forgotten(session);
        this.released(session);
      },
    });
  }

  get(key: string): PeerSession | undefined {
    return this.#sessions.get(key);
  }

  /** It does not count as used. */
  peek(key: string): PeerSession | undefined {
    return this.#sessions.peek(key);
  }

  set(key: string, session: PeerSession): void {
    const keys = this.#ofPerson.add(personKey(session.principal), key);
    this.#ofOwner.add(session.owner, key);
    this.#sessions.set(key, session);
    const [oldest] = keys;
    if (keys.size <= this.mostOfOne || oldest === undefined) return;
    const given = this.#sessions.peek(oldest);
    this.#sessions.delete(oldest);
    if (given !== undefined) this.forgotten(given);
  }

  /** All of an owner. */
  of(owner: string): readonly PeerSession[] {
    return [...this.#ofOwner.of(owner)].flatMap((key) => this.#sessions.peek(key) ?? []);
  }

  delete(key: string): void {
    this.#sessions.delete(key);
  }

  /** Forgets what matches; nobody is told. @returns it. */
  drop(matches: (principal: Principal, backend: string) => boolean): readonly PeerSession[] {
    return [...this.#sessions.entries()].flatMap(([key, session]) => {
      if (!matches(session.principal, session.backend)) return [];
      this.#sessions.delete(key);
      return [session];
    });
  }
}

/** Keys of sessions by whom they belong to, in the order in which the sessions were begun. */
class KeysBy {
  readonly #keys = new Map<string, Set<string>>();

  add(whose: string, key: string): ReadonlySet<string> {
    const keys = this.#keys.get(whose) ?? new Set();
    this.#keys.set(whose, keys.add(key));
    return keys;
  }

  delete(whose: string, key: string): void {
    const keys = this.#keys.get(whose);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(whose);
  }

  of(whose: string): Iterable<string> {
    return this.#keys.get(whose) ?? [];
  }
}
