import type { ActiveSpan } from '@gatehouse/kernel/active-span';
import { isTraceState, parseTraceParent, type TraceParent } from '@gatehouse/kernel/trace-context';
import type { IncomingHttpHeaders } from 'node:http';
import { RefusedJson } from '../json/refused-json.js';
import { inAnyCase, OwnJson, RawObject, type Json } from '../json/raw-json.js';
import { metaOf } from '../mcp/message.js';

/** Keys of `_meta` that carry a trace (SEP-414), under the names of W3C Trace Context and W3C Baggage. */
const META_TRACEPARENT = 'traceparent';
const META_TRACESTATE = 'tracestate';
const META_BAGGAGE = 'baggage';

export interface ClientTrace {
  /** The trace that the call joins. */
  readonly parent: (TraceParent & { readonly tracestate?: string }) | undefined;
  /** The trace of the HTTP request, where the message names another step. */
  readonly link: TraceParent | undefined;
}

/**
 * What the client says of its trace. The message counts before the header: of several messages in one request each can have
 * its own, and what writes headers need not know of messages (OpenTelemetry's conventions for MCP).
 */
export function clientTrace(params: RawObject, headers: IncomingHttpHeaders): ClientTrace {
  const meta = metaOf(params);
  const ofRequest = parseTraceParent(headers['traceparent']);
  const ofMessage = parseTraceParent(shortText(meta?.get(META_TRACEPARENT)));
  if (ofMessage === undefined)
    return { parent: ofRequest && { ...ofRequest, ...stateIn(headers['tracestate']) }, link: undefined };
  const isAnother = ofRequest !== undefined && ofRequest.spanId !== ofMessage.spanId;
  return {
    parent: { ...ofMessage, ...stateIn(shortText(meta?.get(META_TRACESTATE))) },
    link: isAnother ? ofRequest : undefined,
  };
}

const stateIn = (text: unknown): { readonly tracestate?: string } =>
  isTraceState(text) ? { tracestate: text } : {};

/** A text that may be one of these; a longer one is not read. */
const MAX_TEXT_BYTES = 1_024;
function shortText(json: Json | undefined): string | undefined {
  if (json?.kind !== 'string' || json.byteLength > MAX_TEXT_BYTES) return undefined;
  try {
    return json.text();
  } catch (error) {
    // What is not Unicode is no trace; the call is as good without one.
    if (error instanceof RefusedJson) return undefined;
    throw error;
  }
}

/** Headers that take a call's trace to the backend: the step that is recorded here, else what the client sent. */
export function addTraceHeaders(
  from: IncomingHttpHeaders,
  to: Record<string, string>,
  span: ActiveSpan | undefined,
): void {
  if (span !== undefined) {
    to['traceparent'] = span.traceparent;
    const { tracestate } = span;
    if (tracestate !== undefined) to['tracestate'] = tracestate;
    return;
  }
  const { traceparent, tracestate } = from;
  if (typeof traceparent !== 'string' || parseTraceParent(traceparent) === undefined) return;
  to['traceparent'] = traceparent;
  if (isTraceState(tracestate)) to['tracestate'] = tracestate;
}

const TRACE_NAMES: ReadonlySet<string> = new Set([META_TRACEPARENT, META_TRACESTATE, META_BAGGAGE]);

/** As they are written: a name in another case is the same to some readers, and beside ours it would be the second of one name. */
function traceNamesIn(meta: RawObject): readonly string[] {
  for (const known of TRACE_NAMES)
    if (meta.mayHave(known)) return meta.names.filter((name) => TRACE_NAMES.has(inAnyCase(name)));
  return NONE;
}
const NONE: readonly string[] = [];

/**
 * The parameters as a backend gets them. Baggage is whatever a client writes, and would go into the logs and the requests of
 * everybody behind: it ends here. What is no trace does not go on either. All the rest stays byte for byte.
 */
export function soundTrace(params: RawObject): RawObject {
  const meta = metaOf(params);
  if (meta === undefined) return params;
  const written = traceNamesIn(meta);
  if (written.length === 0) return params;
  const isParent = parseTraceParent(shortText(meta.get(META_TRACEPARENT))) !== undefined;
  const isState = isParent && isTraceState(shortText(meta.get(META_TRACESTATE)));
  const unsound = written.filter(
    (name) => !((isParent && name === META_TRACEPARENT) || (isState && name === META_TRACESTATE)),
  );
  return unsound.length === 0 ? params : params.with('_meta', meta.without(...unsound));
}

/** The step that is recorded here, in the message, for a backend of the revision that has it there. */
export function withTrace(params: RawObject, span: ActiveSpan): RawObject {
  const { traceparent, tracestate } = span;
  const given = metaOf(params) ?? RawObject.EMPTY;
  const meta = given.without(...traceNamesIn(given)).with(META_TRACEPARENT, new OwnJson(traceparent));
  return params.with(
    '_meta',
    tracestate === undefined ? meta : meta.with(META_TRACESTATE, new OwnJson(tracestate)),
  );
}
