import { atMost } from '@gatehouse/kernel/at-most';
import { sha256 } from '@gatehouse/kernel/digest';
import { HOUR_MS } from '@gatehouse/kernel/durations';
import { LRUCache } from 'lru-cache';
import type { Principal } from '../incoming-auth/principal.js';

/** Resources that a backend has named to a caller, by digests. */
export interface SentFact {
  readonly principal: string;
  readonly backend: string;
  readonly uris: readonly string[];
}

/** Of one backend, for one caller: the newest. */
const MAX_OF_ONE = 128;
const MAX_SENDERS = 4_096;

type Whose = Pick<Principal, 'key'>;

/**
 * Which backend has named which resource to whom, in a result or a prompt. A client that asks for one of these means the backend
 * that named it, and no other: another would learn what is meant for the first one alone. It gives no right to anything: what is
 * read is read with the caller's own credential, and what is hidden stays hidden.
 */
export class SentUris {
  readonly #sent = new LRUCache<string, Set<string>>({ ...atMost(MAX_SENDERS), ttl: HOUR_MS });

  /** @param tell others, at which the caller may ask. */
  constructor(private readonly tell: (fact: SentFact) => void = () => undefined) {}

  note({ key }: Whose, backend: string, uris: readonly string[]): void {
    if (uris.length === 0) return;
    const principal = sha256(key);
    const known = this.#sent.get(keyOf(principal, backend));
    const digests = uris.map((uri) => sha256(uri));
    const news = digests.filter((digest) => known?.has(digest) !== true);
    // Others forget as well: what is named again is new for them now and then.
    this.heard({ principal, backend, uris: digests });
    if (news.length > 0) this.tell({ principal, backend, uris: news });
  }

  /** Another replica says it. */
  heard({ principal, backend, uris }: SentFact): void {
    const key = keyOf(principal, backend);
    const sent = this.#sent.get(key) ?? new Set<string>();
    this.#sent.set(key, sent);
    for (const digest of uris) {
      sent.delete(digest);
      sent.add(digest);
    }
    for (const oldest of sent) {
      if (sent.size <= MAX_OF_ONE) return;
      sent.delete(oldest);
    }
  }

  /** Those of the backends that have named the resource to the caller. */
  sendersOf({ key }: Whose, backends: readonly string[], uri: string): readonly string[] {
    if (this.#sent.size === 0) return [];
    const principal = sha256(key);
    const digest = sha256(uri);
    return backends.filter((backend) => this.#sent.get(keyOf(principal, backend))?.has(digest) === true);
  }
}

/** No digest has a line break. */
const keyOf = (principal: string, backend: string): string => `${principal}\n${backend}`;
