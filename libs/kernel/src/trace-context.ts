/** A place in somebody's trace (W3C Trace Context, level 1). */
export interface TraceParent {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const ZEROS = /^0+$/;

/**
 * Reads a `traceparent` (section 3.2). A version of later years may be longer; nothing that long is read.
 * @returns `undefined` for what is not one: then there is no trace to join.
 */
export function parseTraceParent(text: unknown): TraceParent | undefined {
  if (typeof text !== 'string') return undefined;
  const [, traceId, spanId] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return ZEROS.test(traceId) || ZEROS.test(spanId) ? undefined : { traceId, spanId };
}

const MAX_TRACESTATE_LENGTH = 512;
const MAX_TRACESTATE_MEMBERS = 32;
/** Section 3.3.1.3: a key, and a value without comma and equals sign that does not end with a blank. */
const MEMBER =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** Whether it is a `tracestate` (section 3.3) of a length that everybody has to carry. */
export function isTraceState(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > MAX_TRACESTATE_LENGTH) return false;
  const members = text.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
  return members.length <= MAX_TRACESTATE_MEMBERS && members.every((member) => MEMBER.test(member));
}
