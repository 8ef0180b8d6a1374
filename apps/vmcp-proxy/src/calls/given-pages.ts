import { atMost } from '@gatehouse/kernel/at-most';
import { LRUCache } from 'lru-cache';
import { isObject } from '../mcp/message.js';
import { URL_ELICITATION_REQUIRED } from '../mcp/protocol.js';

const MAX_SESSIONS = 1_000;
/** Of one session. */
const MOST = 16;
const MAX_ID_CHARACTERS = 256;

/**
 * Pages that clients with sessions were asked to open (MCP 2025-11-25, elicitation, URL mode), by the ids that their backends gave
 * them: a user is often done when the call has long ended. What falls out costs its client nothing but a notification.
 */
export class GivenPages {
  readonly #of = new LRUCache<string, Set<string>>(atMost(MAX_SESSIONS));

  /** @param session digest of its id. */
  note(session: string, backend: string, id: unknown): void {
    if (typeof id !== 'string' || id.length > MAX_ID_CHARACTERS) return;
    const given = this.#of.get(session) ?? new Set();
    this.#of.set(session, given);
    const key = keyOf(backend, id);
    given.delete(key);
    given.add(key);
    const [oldest] = given;
    if (given.size > MOST && oldest !== undefined) given.delete(oldest);
  }

  /** Those that an error asks for. */
  noteError(
    session: string,
    backend: string,
    { code, data }: { readonly code: number; readonly data?: unknown },
  ): void {
    if (code !== URL_ELICITATION_REQUIRED || !isObject(data) || !Array.isArray(data['elicitations'])) return;
    for (const one of data['elicitations'].slice(0, MOST) as readonly unknown[])
      if (isObject(one)) this.note(session, backend, one['elicitationId']);
  }

  has(session: string, backend: string, id: unknown): boolean {
    return typeof id === 'string' && this.#of.get(session)?.has(keyOf(backend, id)) === true;
  }
}

const keyOf = (backend: string, id: string): string => `${backend}\n${id}`;
