import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { HeldValue } from '../json/held-value.js';
import type { JsonObject } from '../mcp/message.js';
import { LISTING, type AlteredEntries, type Kind, type ListNote } from './definitions.js';
import { judgeDefinition } from './sound-definition.js';

const MAX_ENTRIES = 2_000;
const MAX_ENTRY_BYTES = 262_144;
/** Of all entries together: every user of a backend may be shown another list. */
const MAX_LIST_BYTES = 4_194_304;
const MAX_NOTES = 20;
const MAX_SHOWN_NAME_BYTES = 1_024;
const MAX_SHOWN_CHARACTERS = 64;
/** Others get their turn after so much of a list. */
const TURN_BYTES = 65_536;

/** One list of a backend, as far as clients can take it. */
export class SoundList {
  readonly entries: JsonObject[] = [];
  readonly notes: ListNote[] = [];
  readonly #altered = { left_out: 0, repaired: 0 };
  readonly #seen = new Set<unknown>();
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #bytesSinceTurn = 0;
  #isFull = false;

  #hasPages = false;

  constructor(readonly kind: Kind) {}

  /** Of what was taken, as JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  /** At least one page was read. */
  get hasPages(): boolean {
    return this.#hasPages;
  }

  /** Nothing more is taken. */
  get isFull(): boolean {
    return this.#isFull;
  }

  get altered(): readonly AlteredEntries[] {
    return (['left_out', 'repaired'] as const)
      .map((outcome) => ({ kind: this.kind, outcome, entries: this.#altered[outcome] }))
      .filter(({ entries }) => entries > 0);
  }

  /** Of the entries, and of what was said about others. To be asked for once, at the end. */
  digest(): string {
    return this.#hash.update(JSON.stringify(this.notes)).digest('base64url');
  }

  /** The backend answered with something else than a page. */
  unreadable(reason: string): void {
    this.#note('left_out', undefined, reason);
  }

  /** There is more of it, and nothing more is taken. */
  cutShort(reason = 'it is longer than anybody reads'): void {
    this.#isFull = true;
    this.#note('cut_short', undefined, reason);
  }

  /** Adds a page. What is wrong with one entry concerns no other. */
  async add(page: HeldValue | undefined): Promise<void> {
    this.#hasPages = true;
    // One more than are taken, so that more are seen to be there.
    const elements = page?.elements(MAX_ENTRIES + 1);
    if (elements === undefined) this.#note('left_out', undefined, 'it is no list');
    for (const element of elements ?? []) {
      if (this.#isFull) return;
      this.#take(element);
      this.#bytesSinceTurn += element.byteLength;
      if (this.#bytesSinceTurn < TURN_BYTES) continue;
      this.#bytesSinceTurn = 0;
      await turn();
    }
  }

  #take(element: HeldValue): void {
    const { identifiedBy } = LISTING[this.kind];
    if (element.byteLength > MAX_ENTRY_BYTES) {
      const name = element.looked(new Set([identifiedBy])).member(identifiedBy);
      this.#note('left_out', name?.parsed(MAX_SHOWN_NAME_BYTES), 'it is too large');
      return;
    }
    const judged = judgeDefinition(this.kind, element.parsed(MAX_ENTRY_BYTES));
    if (judged.kind === 'left_out') {
      this.#note('left_out', judged.name, judged.reason);
      return;
    }
    const { definition, without, mended } = judged;
    const identity = definition[identifiedBy];
    if (this.#seen.has(identity)) return;
    this.#bytes += element.byteLength;
    if (this.entries.length === MAX_ENTRIES || this.#bytes > MAX_LIST_BYTES) {
      this.cutShort();
      return;
    }
    const changes = [
      ...(without.length > 0 ? [`without ${without.join(', ')}`] : []),
      ...(mended.length > 0 ? [`mended ${mended.join(', ')}`] : []),
    ];
    if (changes.length > 0) this.#note('repaired', identity, changes.join('; '));
    this.#seen.add(identity);
    this.entries.push(definition);
    this.#hash.update(`${JSON.stringify(definition)}\n`);
  }

  #note(outcome: ListNote['outcome'], name: unknown, reason: string): void {
    if (outcome !== 'cut_short') this.#altered[outcome] += 1;
    if (this.notes.length === MAX_NOTES) return;
    const shown = typeof name === 'string' ? { name: printable(name) } : {};
    this.notes.push({ kind: this.kind, ...shown, outcome, reason });
  }
}

/** The beginning of a name that a backend chose, fit for a log. */
const printable = (name: string): string =>
  name
    .slice(0, MAX_SHOWN_CHARACTERS)
    .replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
