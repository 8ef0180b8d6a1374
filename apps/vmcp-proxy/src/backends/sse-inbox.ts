import { idKey, type RequestId } from '../mcp/message.js';
import type { BackendMessage } from './backend-message.js';
import type { MadeResponse } from './made-response.client.js';

/** A request that waits for its response on the stream. */
export interface Waiting {
  readonly id: string;
  readonly progressToken: string | undefined;
  /** Of a client. What the gateway asks for itself is nobody's, who could be told or asked something. */
  readonly isCall: boolean;
  readonly response: MadeResponse;
}

/** Of one session; which call is meant by an id that it used long ago does not matter. */
const MAX_QUESTIONS = 1_000;
const MAX_TOKEN_BYTES = 1_024;
/** They are about the session, not about a call. */
const CHANGES: ReadonlySet<string> = new Set([
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
]);

/**
 * Who of one session gets what comes on its stream. A response names its request, and progress its token. For the rest the stream
 * does not say which call it is about: it goes to the newest call, or to whoever listens to the session.
 */
export class SseInbox {
  readonly #waiting = new Map<string, Waiting>();
  /** Who was asked, by the id of the question: a question that is taken back is taken back there. */
  readonly #asked = new Map<string, Waiting>();
  #listener: MadeResponse | undefined;

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#listener === undefined;
  }

  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  add(waiting: Waiting): void {
    this.#waiting.set(waiting.id, waiting);
  }

  remove({ id, response }: Pick<Waiting, 'id' | 'response'>): void {
    if (this.#waiting.get(id)?.response === response) this.#waiting.delete(id);
  }

  /** @returns who listened before. */
  listen(listener: MadeResponse): MadeResponse | undefined {
    const before = this.#listener;
    this.#listener = listener;
    return before;
  }

  unlisten(listener: MadeResponse): void {
    if (this.#listener === listener) this.#listener = undefined;
  }

  /** Everybody, who then waits no more. */
  empty(): readonly MadeResponse[] {
    const all = [...this.#waiting.values()].map(({ response }) => response);
    if (this.#listener !== undefined) all.push(this.#listener);
    this.#waiting.clear();
    this.#listener = undefined;
    return all;
  }

  /** @returns `undefined`: nobody. */
  recipient(message: BackendMessage): MadeResponse | undefined {
    switch (message.kind) {
      case 'result':
      case 'error':
        return this.#asker(message.id)?.response;
      case 'request': {
        const newest = this.#newest();
        const id = idKey(message.id);
        if (newest === undefined || id === undefined) return this.#listener;
        this.#remember(id, newest);
        return newest.response;
      }
      case 'notification':
        return this.#told(message);
    }
  }

  /** An error without an id is about the one request that there is. */
  #asker(id: RequestId): Waiting | undefined {
    if (id !== undefined) return this.#waiting.get(idKey(id) ?? '');
    return this.#waiting.size === 1 ? [...this.#waiting.values()][0] : undefined;
  }

  #remember(question: string, asked: Waiting): void {
    const [oldest] = this.#asked.keys();
    if (this.#asked.size >= MAX_QUESTIONS && oldest !== undefined) this.#asked.delete(oldest);
    this.#asked.set(question, asked);
  }

  #told({ method, params }: Extract<BackendMessage, { kind: 'notification' }>): MadeResponse | undefined {
    const named = (member: string): string => idKey(params?.member(member)?.parsed(MAX_TOKEN_BYTES)) ?? '';
    if (method === 'notifications/progress') {
      const token = named('progressToken');
      return [...this.#waiting.values()].find(({ progressToken }) => progressToken === token)?.response;
    }
    if (method === 'notifications/cancelled') {
      const asked = this.#asked.get(named('requestId'));
      return asked !== undefined && this.has(asked.id) ? asked.response : undefined;
    }
    const newest = this.#newest()?.response;
    return CHANGES.has(method) ? (this.#listener ?? newest) : (newest ?? this.#listener);
  }

  #newest(): Waiting | undefined {
    return [...this.#waiting.values()].findLast(({ isCall }) => isCall);
  }
}
