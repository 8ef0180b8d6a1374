import { ByteOrderMark } from '../mcp/event-parser.js';
import { backendMessage, MESSAGE_MEMBERS, type BackendMessage } from './backend-message.js';
import { HeldText } from '../json/held-text.js';
import { JsonScanner, type Wanted } from '../json/json-scanner.js';
import { Utf8Check } from '../json/utf8-check.js';

/** A message is kept until all of it has been seen; none may be larger. */
export const MAX_MESSAGE_BYTES = 33_554_432;

/** What they ask of the client, what only one revision knows, and whether a tool failed. */
const RESULT_MEMBERS = ['resultType', 'inputRequests', 'ttlMs', 'cacheScope', '_meta', 'isError'];
/** What names resources. */
const NAMING_MEMBERS = ['content', 'messages', 'contents'];
/** What the gateway reads itself. */
const LIST_MEMBERS = ['tools', 'prompts', 'resources', 'resourceTemplates', 'nextCursor'];

const WANTED: Wanted = {
  root: MESSAGE_MEMBERS,
  within: new Map([
    ['result', new Set([...RESULT_MEMBERS, ...NAMING_MEMBERS, ...LIST_MEMBERS])],
    [
      'params',
      new Set(['progressToken', 'requestId', 'elicitationId', 'mode', 'tools', 'toolChoice', 'uri']),
    ],
  ]),
};

/**
 * Reads one JSON text of a backend as it comes: a message, or an array of them (MCP 2025-03-26). It is checked on the way,
 * so that a large one never holds up everybody when it is complete.
 */
export class MessageReader {
  readonly #mark = new ByteOrderMark();
  readonly #utf8 = new Utf8Check();
  readonly #held = new HeldText();
  readonly #scanner = new JsonScanner(WANTED);

  /** Bytes that are kept. */
  get length(): number {
    return this.#held.length;
  }

  /** The text cannot become a message any more. */
  get broken(): boolean {
    return this.#scanner.broken;
  }

  push(piece: Buffer): void {
    // A text that cannot become a message is not kept.
    if (this.#scanner.broken) return;
    const bytes = this.#mark.strip(piece);
    this.#held.add(bytes);
    this.#utf8.push(bytes);
    this.#scanner.push(bytes);
  }

  /** The text of each message that {@link end} tells of, as it was written. */
  texts(): readonly (readonly Buffer[])[] {
    if (this.#scanner.root !== 'array') return [this.#held.pieces({ start: 0, end: this.#held.length })];
    return this.#scanner.elements.map((element) => this.#held.pieces(element));
  }

  /** There will be no more. @returns the messages; `undefined` in the place of what is none. */
  end(): readonly (BackendMessage | undefined)[] {
    // JSON between systems is UTF-8 (RFC 8259, section 8.1): who replaces bytes may read other text than was checked.
    if (!this.#scanner.end() || !this.#utf8.end()) return [undefined];
    if (this.#scanner.root !== 'array') return [backendMessage(this.#held, this.#scanner)];
    return this.#scanner.elements.map((element) => {
      const scanner = new JsonScanner(WANTED);
      const held = new HeldText();
      for (const piece of this.#held.pieces(element)) {
        held.add(piece);
        scanner.push(piece);
      }
      return scanner.end() ? backendMessage(held, scanner) : undefined;
    });
  }
}
