import { atMost } from '@gatehouse/kernel/at-most';
import { sha256 } from '@gatehouse/kernel/digest';
import { HOUR_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { randomToken } from '@gatehouse/kernel/ids';
import type { KeyValueBucket } from '@gatehouse/messaging/key-value';
import { LRUCache } from 'lru-cache';
import { sessionOwner, type Principal } from '../incoming-auth/principal.js';
import { decodeSession, encodeSession, ownedBy, type McpSession } from './mcp-session.js';

/** A session in use is written again at most this often. */
const REWRITE_AFTER_MS = HOUR_MS;
/** How long a replica goes on with a session that another replica may have ended. */
const TRUST_COPY_FOR_MS = 30 * SECOND_MS;
const MAX_COPIES = 20_000;
const MAX_SESSION_CHARACTERS = 16_384;
/** Sessions of one person at this replica, and of one client that acts for them. Many clients never end theirs. */
const MAX_SESSIONS_OF_ONE = 200;
const MAX_PERSONS = 20_000;
const MAX_ATTEMPTS = 5;

export type NewSession = Pick<McpSession, 'place' | 'protocolVersion' | 'clientInfo' | 'capabilities'>;

/** Legacy sessions in the replicas' common bucket, under the digest of their id: who reads the bucket cannot use one. */
export class McpSessionStore {
  readonly #copies = new LRUCache<string, McpSession>({ ...atMost(MAX_COPIES), ttl: TRUST_COPY_FOR_MS });
  /** Ids by their digests. */
  readonly #ids = new LRUCache<string, string>({ ...atMost(MAX_COPIES), ttl: TRUST_COPY_FOR_MS });
  /** Sessions begun at this replica, oldest first, so that nobody fills the bucket. */
  readonly #begun = new LRUCache<string, string[]>(atMost(MAX_PERSONS));

  constructor(private readonly bucket: Pick<KeyValueBucket, 'get' | 'put' | 'update' | 'delete'>) {}

  /** @throws {GatehouseError} `request_invalid` when the client says more about itself than is kept; `unavailable`. */
  async open(principal: Principal, started: NewSession): Promise<McpSession> {
    const { issuer } = principal;
    const subject = sessionOwner(principal);
    const id = randomToken();
    const digest = sha256(id);
    const session: McpSession = { ...started, issuer, subject, writtenAtMs: Date.now(), id, digest };
    const encoded = encodeSession(session);
    if (encoded.length > MAX_SESSION_CHARACTERS) throw tooMuch();
    await this.bucket.put(digest, encoded);
    this.#keep(session);
    await this.#endOldest(id, principal);
    return session;
  }

  async #endOldest(id: string, principal: Principal): Promise<void> {
    const key = countedFor(principal);
    const begun = this.#begun.get(key) ?? [];
    begun.push(id);
    this.#begun.set(key, begun);
    const oldest = begun.length > MAX_SESSIONS_OF_ONE ? begun.shift() : undefined;
    if (oldest === undefined) return;
    this.#copies.delete(oldest);
    await this.bucket.delete(sha256(oldest));
  }

  /**
   * The principal's session of that id at that endpoint; at once when a copy is here. Any other is not found, and stays as
   * it is. @throws {GatehouseError} `unavailable`
   */
  find(
    principal: Principal,
    place: string,
    id: string,
  ): McpSession | undefined | Promise<McpSession | undefined> {
    const copy = this.#copies.get(id);
    if (copy === undefined) return this.#fetch(principal, place, id);
    return ownedBy(copy, principal, place) ? copy : undefined;
  }

  /**
   * Changes what is kept of the session, as it is kept now: replicas change it side by side.
   * @returns `undefined` when the session was ended meanwhile. @throws {GatehouseError} `request_invalid` when that is too much.
   */
  async change(
    { id, digest }: McpSession,
    changed: (session: McpSession) => Pick<McpSession, 'logLevel' | 'subscriptions'>,
  ): Promise<McpSession | undefined> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const entry = await this.bucket.get(digest);
      const session = entry === undefined ? undefined : decodeSession(id, entry.value);
      if (entry === undefined || session === undefined) return undefined;
      const written = await this.#rewrite({ ...session, ...changed(session) }, entry.revision);
      if (written !== undefined) return written;
    }
    throw new GatehouseError('unavailable', 'the session is changed by everybody at once');
  }

  async end(session: McpSession): Promise<void> {
    this.#copies.delete(session.id);
    await this.bucket.delete(session.digest);
  }

  /** Another replica has changed or ended it: the next look is at the bucket. */
  forgetCopy(digest: string): void {
    const id = this.#ids.get(digest);
    if (id !== undefined) this.#copies.delete(id);
  }

  forgetCopies(): void {
    this.#copies.clear();
  }

  #keep(session: McpSession): void {
    this.#copies.set(session.id, session);
    this.#ids.set(session.digest, session.id);
  }

  async #fetch(principal: Principal, place: string, id: string): Promise<McpSession | undefined> {
    const entry = await this.bucket.get(sha256(id));
    const session = entry === undefined ? undefined : decodeSession(id, entry.value);
    if (session === undefined || !ownedBy(session, principal, place)) return undefined;
    this.#keep(session);
    if (Date.now() - session.writtenAtMs < REWRITE_AFTER_MS) return session;
    return (await this.#rewrite(session, entry?.revision ?? 0)) ?? session;
  }

  /** Only over what was read: a session that another replica ended must not come back. */
  async #rewrite(session: McpSession, revision: number): Promise<McpSession | undefined> {
    const written = { ...session, writtenAtMs: Date.now() };
    const encoded = encodeSession(written);
    if (encoded.length > MAX_SESSION_CHARACTERS) throw tooMuch();
    if (!(await this.bucket.update(session.digest, encoded, revision))) return undefined;
    this.#keep(written);
    return written;
  }
}

/**
 * The person; and each client that acts for them apart, so that it ends none of theirs. With other scopes, or for others who act, it
 * has no more.
 */
const countedFor = ({ issuer, subject, clientId, delegate }: Principal): string =>
  JSON.stringify([issuer, subject, ...(delegate === undefined ? [] : [clientId])]);

const tooMuch = (): GatehouseError =>
  new GatehouseError('request_invalid', 'clientInfo, capabilities and subscriptions are too large together');
