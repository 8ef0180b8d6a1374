import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { pino, type Logger } from 'pino';

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Fields of these names are never logged with their value. */
const REDACTED_FIELDS = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'accessToken',
  'refreshToken',
  'idToken',
  'subjectToken',
  'code',
  'codeVerifier',
  'state',
  'nonce',
];

/** Somebody may have been led into another's sign-in: whoever watches for attacks has to see it, whoever has to act. */
const SIGNS_OF_ATTACK: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'callback_wrong_browser',
  'attempt_wrong_browser',
]);

const MAX_REASON_LENGTH = 400;
const FLUSH_WITHIN_MS = 1_000;
/** Of what the reader of the log has not taken. */
const MAX_WAITING_BYTES = 16_777_216;

/** One JSON line per fact on standard output. `event` is a kebab-case fact; fields are flat and hold ids, names and numbers. */
@Injectable()
export class Log {
  readonly #logger: Logger;

  /** @param worker its number, where several processes write one log. */
  constructor(service: string, worker?: number) {
    this.#logger = pino(
      {
        base: worker === undefined ? { service } : { service, worker },
        messageKey: 'event',
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
        redact: { paths: REDACTED_FIELDS, censor: '[redacted]' },
      },
      // Node's own stream waits for a slow reader without blocking the service, and tells when the reader has closed.
      // pino's stream would retry the last lines for ever in a process that is ending.
      { write: (line: string) => void process.stdout.write(line) },
    );
  }

  info(event: string, fields: LogFields = {}): void {
    this.#logger.info(fields, event);
  }

  warn(event: string, fields: LogFields = {}): void {
    this.#logger.warn(fields, event);
  }

  error(event: string, fields: LogFields = {}): void {
    this.#logger.error(fields, event);
  }

  /**
   * Logs a failure by code, internal text, what was seen and the names of its causes; never a value that came with a request.
   * What a client or a person has to do something about is nobody's alarm, unless it is a sign of an attack.
   */
  failure(event: string, error: unknown, fields: LogFields = {}): void {
    const known = GatehouseError.from(error);
    const { owner } = known.facts;
    const facts = {
      ...named(known),
      ...known.evidence,
      ...fields,
      errorCode: known.code,
      owner,
      reason: cut(known.message),
      cause: causeOf(known),
    };
    if (owner === 'us') this.error(event, facts);
    else if ((owner === 'client' || owner === 'user') && !SIGNS_OF_ATTACK.has(known.code))
      this.info(event, facts);
    else this.warn(event, facts);
  }

  /**
   * Writes a line that is whole already (`audit-log.ts`).
   * @returns false when so much waits for the reader that it is not taken.
   */
  audit(line: string): boolean {
    if (process.stdout.writableLength > MAX_WAITING_BYTES) return false;
    process.stdout.write(line);
    return true;
  }

  /** `gone` runs when the log cannot be written any more: its reader has closed it, or the disk is full. */
  onReaderGone(gone: () => void): void {
    process.stdout.on('error', gone);
  }

  /** Resolves when everything logged so far is written, when it cannot be written, or after a second. */
  async flush(): Promise<void> {
    const written = new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
    await Promise.race([written, delay(FLUSH_WITHIN_MS, undefined, { ref: false })]);
  }
}

/** Texts of a database or a library may quote what they were given. */
const cut = (text: string): string =>
  text.length <= MAX_REASON_LENGTH ? text : `${text.slice(0, MAX_REASON_LENGTH - 1).toWellFormed()}…`;

/** Who it is about, and by what number it was told where it happened. */
function named({ details: { provider, backend, reference } }: GatehouseError): LogFields {
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(backend === undefined ? {} : { backend }),
    ...(reference === undefined ? {} : { reference }),
  };
}

/** Name and system code of the causes (`TypeError < Error ECONNREFUSED`), without their messages. */
function causeOf(error: Error): string | undefined {
  const names: string[] = [];
  for (let cause: unknown = error.cause; cause instanceof Error && names.length < 4; cause = cause.cause) {
    const code = 'code' in cause && typeof cause.code === 'string' ? ` ${cause.code}` : '';
    names.push(`${cause.name}${code}`);
  }
  return names.length === 0 ? undefined : names.join(' < ');
}
