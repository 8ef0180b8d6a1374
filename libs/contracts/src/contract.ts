import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import type { Service } from '@gatehouse/kernel/services';
import type { z } from 'zod';

/** One request and its one reply, on a queue group of the answering service. */
export interface RequestContract<Request extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  readonly kind: 'request';
  readonly answeredBy: Service;
  readonly calledBy: readonly Service[];
  /** `<answering service>.<message>.v<version>`; the bus puts the gateway's own prefix before it. */
  readonly subject: string;
  readonly request: Request;
  readonly reply: Reply;
  /** Codes that the answering service may send; anything else arrives as `internal`. */
  readonly errors: readonly ErrorCode[];
  /** How long a caller waits unless its own deadline is nearer. */
  readonly timeoutMs: number;
  /**
   * Sending it twice has the same effect as sending it once. Such a request is sent again when no reply has come for a
   * while, because the replica that took it may have died.
   */
  readonly idempotent: boolean;
  /**
   * The calling service proves itself inside the message (`@gatehouse/messaging/request-proof`). The subject alone is
   * not enough, because a mistake in the accounts of the bus could open it to others.
   */
  readonly proven: boolean;
}

/** One fact, past tense. */
export interface EventContract<Payload extends z.ZodType = z.ZodType> {
  readonly kind: 'event';
  /** Whether the event stream keeps it. An event that is worthless a moment later is not kept. */
  readonly kept: boolean;
  readonly publishedBy: Service;
  readonly heardBy: readonly Service[];
  readonly subject: string;
  readonly payload: Payload;
}

interface RequestDefinition<Request extends z.ZodType, Reply extends z.ZodType> {
  readonly name: string;
  readonly version: number;
  readonly answeredBy: Service;
  readonly calledBy: readonly Service[];
  readonly request: Request;
  readonly reply: Reply;
  readonly errors: readonly ErrorCode[];
  readonly timeoutMs?: number;
  readonly idempotent?: boolean;
  readonly proven?: boolean;
}

export const DEFAULT_TIMEOUT_MS = 5_000;

export function defineRequest<Request extends z.ZodType, Reply extends z.ZodType>(
  definition: RequestDefinition<Request, Reply>,
): RequestContract<Request, Reply> {
  const { name, version, timeoutMs, idempotent, proven, ...rest } = definition;
  return {
    kind: 'request',
    ...rest,
    subject: `${definition.answeredBy}.${name}.v${version}`,
    timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS,
    idempotent: idempotent ?? false,
    proven: proven ?? false,
  };
}

interface EventDefinition<Payload extends z.ZodType> {
  readonly name: string;
  readonly version: number;
  readonly publishedBy: Service;
  readonly heardBy: readonly Service[];
  readonly payload: Payload;
  /** Default: kept. */
  readonly kept?: boolean;
}

export function defineEvent<Payload extends z.ZodType>(
  definition: EventDefinition<Payload>,
): EventContract<Payload> {
  const { name, version, kept, ...rest } = definition;
  return {
    kind: 'event',
    ...rest,
    kept: kept ?? true,
    subject: `events.${definition.publishedBy}.${name}.v${version}`,
  };
}
