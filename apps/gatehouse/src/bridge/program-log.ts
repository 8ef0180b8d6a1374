import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { Secret } from '@gatehouse/kernel/secret';
import type { Log } from '@gatehouse/observability/log';
import { LineReader } from './line-reader.js';

const MAX_LINE_BYTES = 16 * 1024;
const MAX_LOGGED_LENGTH = 2_000;
/** Of one program; what is above is counted. */
const MAX_LINES_A_MINUTE = 200;
/** A shorter value would be found in ordinary words. */
const MIN_REDACTED_LENGTH = 6;

/** What a program writes to its standard error, line by line in the log of the bridge. */
export class ProgramLog {
  readonly #reader = new LineReader(MAX_LINE_BYTES, {
    line: (line, isCut) => this.#line(line.toString('utf8'), isCut),
  });
  readonly #hidden: readonly string[];
  #minuteBeganAtMs = -Infinity;
  #lines = 0;
  #leftOut = 0;

  /** @param secrets what the program was given: it is never in the log, in whichever way programs print such values. */
  constructor(
    private readonly log: Pick<Log, 'info' | 'warn'>,
    private readonly backend: string,
    secrets: readonly Secret[],
    private readonly nowMs: () => number = Date.now,
  ) {
    this.#hidden = secrets
      .flatMap((secret) => spellings(secret.reveal()))
      .filter((text) => text.length >= MIN_REDACTED_LENGTH)
      .sort((left, right) => right.length - left.length);
  }

  push(chunk: Buffer): void {
    this.#reader.push(chunk);
  }

  end(): void {
    this.#reader.end();
    this.#sayLeftOut();
  }

  #line(text: string, isCut: boolean): void {
    if (text.trim() === '') return;
    const nowMs = this.nowMs();
    if (nowMs - this.#minuteBeganAtMs >= MINUTE_MS) {
      this.#sayLeftOut();
      this.#minuteBeganAtMs = nowMs;
      this.#lines = 0;
    }
    this.#lines += 1;
    if (this.#lines > MAX_LINES_A_MINUTE) {
      this.#leftOut += 1;
      return;
    }
    // The end of a line that was cut may be the beginning of a secret.
    const whole = isCut ? text.slice(0, -longest(this.#hidden)) : text;
    const shown = this.#redacted(whole);
    this.log.info('program-says', { backend: this.backend, line: shown.slice(0, MAX_LOGGED_LENGTH) });
  }

  #redacted(text: string): string {
    return this.#hidden.reduce((left, hidden) => left.replaceAll(hidden, '[redacted]'), text);
  }

  #sayLeftOut(): void {
    if (this.#leftOut > 0)
      this.log.warn('program-says-too-much', { backend: this.backend, lines: this.#leftOut });
    this.#leftOut = 0;
  }
}

const longest = (texts: readonly string[]): number => Math.max(1, ...texts.map(({ length }) => length));

/** The value itself, each of its lines, and how it looks in JSON, in URLs and in Basic credentials. */
function spellings(value: string): readonly string[] {
  const lines = value.split('\n').map((line) => line.trim());
  return [
    ...new Set([
      value,
      ...lines,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      ...(['base64', 'base64url'] as const).flatMap((coding) => encoded(value, coding)),
      Buffer.from(value).toString('hex'),
      Buffer.from(value).toString('hex').toUpperCase(),
    ]),
  ];
}

const BITS_OF_BYTE = 8;
const BITS_OF_CHARACTER = 6;

/**
 * The value alone, and within a longer text: what stands before it moves its bits. Characters at its edges that have bits of
 * what stands beside it are not among these. `Basic` credentials are such a text: `base64(name + ":" + token)` (RFC 7617).
 */
const encoded = (value: string, coding: 'base64' | 'base64url'): readonly string[] => [
  Buffer.from(value).toString(coding),
  ...[0, 1, 2].map((bytesBefore) => {
    const whole = Buffer.concat([Buffer.alloc(bytesBefore), Buffer.from(value)]);
    return whole
      .toString(coding)
      .slice(
        Math.ceil((bytesBefore * BITS_OF_BYTE) / BITS_OF_CHARACTER),
        Math.floor((whole.length * BITS_OF_BYTE) / BITS_OF_CHARACTER),
      );
  }),
];
