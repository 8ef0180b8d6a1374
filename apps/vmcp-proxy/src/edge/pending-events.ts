import { LIST_KINDS, type WatchedResource } from '../changes/shared-feed.js';
import type { Pieces } from '../json/held-value.js';
import type { Answer } from '../mcp/answer.js';
import type { JsonObject } from '../mcp/message.js';

/** How one revision says something. */
export interface EventDialect {
  /** @returns one JSON-RPC message. */
  event(method: string, params: JsonObject | undefined): string;
}

export const SIGN_OF_LIFE = ': still here\n\n';
/** Different things that a client which does not read is told later. */
const MAX_WAITING = 512;

/** A client that does not read is told each thing once, when it reads again. */
export class PendingEvents {
  readonly #waiting = new Set<string>();
  #isFull = false;

  constructor(
    private readonly answer: Answer,
    private readonly dialect: EventDialect,
  ) {
    answer.onDrain(() => {
      this.#isFull = false;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const event of waiting) this.#tell(event);
    });
  }

  say(method: string, params?: JsonObject): void {
    this.#tell(this.dialect.event(method, params));
  }

  /** The client reads what it is told. */
  get isRead(): boolean {
    return !this.#isFull;
  }

  /** @returns false when the client does not read at the moment. */
  now(text: Pieces): boolean {
    if (this.#isFull) return false;
    this.#isFull = !this.answer.message(text);
    return true;
  }

  sign(): void {
    if (!this.#isFull) this.#isFull = !this.answer.write(SIGN_OF_LIFE);
  }

  #tell(event: string): void {
    if (!this.#isFull) this.#isFull = !this.answer.message([event]);
    else if (this.#waiting.size < MAX_WAITING) this.#waiting.add(event);
  }
}

/** Anything may have happened meanwhile. */
export function tellAll(events: PendingEvents, resources: readonly WatchedResource[]): void {
  for (const kind of LIST_KINDS) events.say(`notifications/${kind}/list_changed`);
  for (const { uri } of resources) events.say('notifications/resources/updated', { uri });
}
