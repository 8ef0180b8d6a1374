import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A value that must never be printed. String conversion, JSON and `util.inspect` all give `[redacted]`. Only {@link
 * Secret.reveal} gives the value, so each use can be found by name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
