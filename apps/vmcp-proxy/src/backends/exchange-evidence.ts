import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import type { Evidence } from './circuit-breaker.js';

/** What is told of a failure: never a text that a backend or a request had a part in. */
export type FailureCode =
  'blocked' | 'unreachable' | 'timeout' | 'broken_off' | 'http_502' | 'http_503' | 'http_504' | 'http_5xx';

export interface Finding {
  readonly evidence: Evidence;
  readonly code?: FailureCode;
}

/** Said by what stands before a server when the server does not answer it (RFC 9110, sections 15.6.3 to 15.6.5). */
const GATEWAY_FAILURES: ReadonlyMap<number, FailureCode> = new Map([
  [502, 'http_502'],
  [503, 'http_503'],
  [504, 'http_504'],
]);
/** Said for the caller's sake, often by something in front. */
const ABOUT_THE_CALLER: ReadonlySet<number> = new Set([401, 403, 429]);
/** A backend that had less time than this, and less than half of its time limit, was not slow. */
const FAIR_WAIT_MS = 5 * SECOND_MS;

/** What the status of a response shows; `undefined`: what comes after it has to tell. */
export function findingOfStatus(status: number): Finding | undefined {
  const code = GATEWAY_FAILURES.get(status);
  if (code !== undefined) return { evidence: 'failed', code };
  if (ABOUT_THE_CALLER.has(status)) return { evidence: 'reached' };
  // An error of its own, in the protocol or not, is an answer.
  return status >= 300 ? { evidence: 'answered' } : undefined;
}

interface Ending {
  readonly error: GatehouseError | undefined;
  /** Headers have come. */
  readonly begun: boolean;
  /** Somebody here ended it. */
  readonly stopped: boolean;
  /** How long the backend was given to say anything; absent: whether it takes its time does not matter. */
  readonly allowedMs?: number;
  /** The time limit of one call. */
  readonly timeoutMs: number;
}

const NONE: Finding = { evidence: 'none' };

/** What the end of an exchange shows of which no byte of a body came. */
export function findingOfEnd({ error, begun, stopped, allowedMs, timeoutMs }: Ending): Finding {
  if (error === undefined) return { evidence: 'answered' };
  if (stopped) {
    // A client that goes, a session that ends, an answer that is too large: only the time limit is about the backend.
    const isLate = error.code === 'deadline_exceeded' && error.details['backend'] !== undefined;
    const isFair = allowedMs !== undefined && allowedMs >= Math.min(FAIR_WAIT_MS, timeoutMs / 2);
    return isLate && isFair ? { evidence: 'failed', code: 'timeout' } : NONE;
  }
  const outbound = OutboundFailure.in(error);
  if (outbound?.maybeSent === false)
    return { evidence: 'unreachable', code: outbound.kind === 'blocked' ? 'blocked' : 'unreachable' };
  // What our own HTTP client refuses to send was never at the backend; a stream may be cut for its silence.
  if (begun || error.details['ran'] !== 'maybe') return NONE;
  return { evidence: 'failed', code: 'broken_off' };
}

/** Whether no connection could be made, so that nobody can have got the request. Addresses that are not allowed stay so. */
export function isUnreachable(error: unknown): boolean {
  const outbound = OutboundFailure.in(error);
  return outbound?.maybeSent === false && outbound.kind === 'unreachable';
}
