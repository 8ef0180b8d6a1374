import type { ActiveSpan } from '@gatehouse/kernel/active-span';
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { peerHeaders, type Peer } from '../backends/peer.js';
import { nameField } from '../mcp/call-methods.js';
import { GATEWAY_INFO } from '../mcp/gateway-info.js';
import type { Route } from '../catalog/view.js';
import { promisable, TASKS_EXTENSION } from '../mcp/client-capabilities.js';
import { encodeHeaderValue } from '../mcp/header-value.js';
import {
  isObject,
  metaOf,
  progressTokenOf,
  without,
  type JsonObject,
  type RequestId,
} from '../mcp/message.js';
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_LOG_LEVEL,
  META_PREFIX,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
} from '../mcp/protocol.js';
import { inAnyCase, joinPieces, OwnJson, RawJson, RawObject, type JsonPieces } from '../json/raw-json.js';
import { foreignStateUnmarked } from '../refusals/foreign-state.js';
import { canOpenUrls } from '../mcp-sessions/mcp-session.js';
import { canBeAsked, type Call } from './call.js';
import { addTraceHeaders, soundTrace, withTrace } from './call-trace.js';
import type { InputAnswers } from './input-required.js';
import { parameterHeaders } from './parameter-headers.js';
import { relatedIn } from './related-task.js';

export interface Outbound {
  readonly headers: Record<string, string>;
  /** Every value of the client's that stays in it is byte for byte as it came. */
  readonly body: string | Buffer;
  /** The id that the backend sees. */
  readonly id: RequestId;
  /** What the backend is told to name progress by, where it is not what the client said. */
  readonly progressToken?: RequestId;
}

interface OutboundFacts {
  /** The step of a trace that the request is, where one is recorded. */
  readonly span?: ActiveSpan | undefined;
  /** A task may come of it, or is asked about. */
  readonly isForTask?: boolean;
  /** It goes to a backend session that the caller does not keep here: others have requests open there, under ids of their own. */
  readonly isGuest?: boolean;
}

let given = 0;
/** Several replicas may speak in one backend session. */
const OWN_IDS = `gatehouse-call-${randomBytes(9).toString('base64url')}`;

/**
 * The request as the backend gets it: its own name for the thing, its own revision, nothing of the client's headers but what is
 * named here.
 * @param answers to what the backend asked before: then this is another request than the one before.
 */
export function outboundRequest(
  call: Call,
  route: Route,
  peer: Peer,
  answers?: InputAnswers,
  { span, isForTask = false, isGuest = false }: OutboundFacts = {},
): Outbound {
  const { message, client } = call;
  // The backend's own name where the client wrote ours.
  const asked = call.target.renamed(soundTrace(message.params), route.original);
  const renamed = ofNoTask(isForTask ? forTask(asked, client) : withoutTasks(asked, client));
  // Earlier revisions know nothing of traces in messages.
  const params = span === undefined || peer.era === 'legacy' ? renamed : withTrace(renamed, span);
  const field = nameField(message.method);
  const named = field === undefined ? undefined : encodeHeaderValue(route.original);
  const headers = peerHeaders(peer, message.method, named);
  addTraceHeaders(call.headers, headers, span);
  if (client.era === peer.era) {
    if (peer.era === 'modern') copyParameterHeaders(call.headers, headers);
    else if (isGuest) return { headers, ...underOwnId(message.method, params) };
    const same = peer.era === 'modern' ? foreignStateUnmarked(params) : params;
    return { headers, body: requestText(message.id, message.method, same), id: message.id };
  }
  if (peer.era === 'modern') {
    Object.assign(headers, parameterHeaders(route.definition, params.get('arguments')));
    const id = answers === undefined ? message.id : ownId();
    return { headers, body: requestText(id, message.method, enveloped(params, call, answers)), id };
  }
  // Several modern clients share the principal's one session at a legacy backend, and all of them count from one.
  // They name their progress alike, too.
  const sent = withoutEnvelope(params);
  return peer.session === undefined
    ? { headers, body: requestText(message.id, message.method, sent), id: message.id }
    : { headers, ...underOwnId(message.method, sent) };
}

/** Both what the answer and what the progress is named by are used by nobody else (MCP 2025-11-25, base protocol, requests). */
function underOwnId(method: string, params: RawObject): Omit<Outbound, 'headers'> {
  const id = ownId();
  const meta = progressTokenOf(params) === undefined ? undefined : metaOf(params);
  if (meta === undefined) return { body: requestText(id, method, params), id };
  const withOwnToken = params.with('_meta', meta.with('progressToken', new OwnJson(id)));
  return { body: requestText(id, method, withOwnToken), id, progressToken: id };
}

function ownId(): string {
  given += 1;
  return `${OWN_IDS}-${given}`;
}

export function requestText(id: RequestId, method: string, params: RawObject): string | Buffer {
  const pieces: JsonPieces = [
    `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)},"params":`,
  ];
  params.writeTo(pieces);
  pieces.push('}');
  return joinPieces(pieces);
}

function enveloped(params: RawObject, call: Call, answers: InputAnswers | undefined): RawObject {
  if (call.client.era === 'modern') return params;
  const { capabilities, clientInfo, logLevel } = call.client.session;
  const meta = ownMeta(params)
    .with(META_PROTOCOL_VERSION, new OwnJson(MODERN_VERSION))
    .with(META_CLIENT_INFO, new OwnJson('name' in clientInfo ? clientInfo : GATEWAY_INFO))
    .with(
      META_CLIENT_CAPABILITIES,
      new OwnJson(canBeAsked(call) ? promisable(capabilities) : unasked(capabilities)),
    );
  return answered(params, answers).with(
    '_meta',
    logLevel === undefined ? meta : meta.with(META_LOG_LEVEL, new OwnJson(logLevel)),
  );
}

/** What a client can do that cannot be asked before the end of the call: a URL becomes error -32042. */
function unasked(capabilities: JsonObject): JsonObject {
  const { extensions } = promisable(capabilities);
  return {
    ...(canOpenUrls(capabilities) ? { elicitation: { url: {} } } : {}),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

/** A client of an earlier revision knows nothing of these two members. */
function answered(params: RawObject, answers: InputAnswers | undefined): RawObject {
  const rest = params.without('inputResponses', 'requestState');
  if (answers === undefined) return rest;
  const { responses, requestState } = answers;
  const again = responses === undefined ? rest : rest.with('inputResponses', responses);
  return requestState === undefined ? again : again.with('requestState', RawJson.read(requestState));
}

function withoutEnvelope(params: RawObject): RawObject {
  const meta = ownMeta(params);
  const rest = params.without('inputResponses', 'requestState', '_meta');
  return meta.names.length === 0 ? rest : rest.with('_meta', meta);
}

/**
 * A request says in its parameters which task it is about. A server may take one that says so in `_meta` for part of the task that
 * is named there: whoever could name one past the seal would reach what is not for them.
 */
function ofNoTask(params: RawObject): RawObject {
  const meta = metaOf(params);
  const related = meta === undefined ? [] : relatedIn(meta);
  return meta === undefined || related.length === 0 ? params : params.with('_meta', meta.without(...related));
}

/** Servers of 2026-07-28 decide by themselves, and know nothing of the member of an earlier revision. */
const forTask = (params: RawObject, { era }: Call['client']): RawObject =>
  era === 'modern' && params.has('task') ? params.without('task') : params;

/**
 * Nothing here would lead back to a task, so no backend may make one of the call (MCP 2025-11-25, tasks, and the extension of
 * 2026-07-28): it is a call like any other.
 */
function withoutTasks(params: RawObject, client: Call['client']): RawObject {
  // Some parsers do not tell upper and lower case.
  const plain = params.mayHave('task')
    ? params.without(...params.names.filter((name) => inAnyCase(name) === 'task'))
    : params;
  if (client.era === 'legacy') return plain;
  const { capabilities } = client.envelope;
  const { extensions } = capabilities;
  if (!isObject(extensions) || !(TASKS_EXTENSION in extensions)) return plain;
  const declared = { ...capabilities, extensions: without(extensions, TASKS_EXTENSION) };
  const meta = metaOf(plain) ?? RawObject.EMPTY;
  return plain.with('_meta', meta.with(META_CLIENT_CAPABILITIES, new OwnJson(declared)));
}

/** `_meta` without the keys that the protocol keeps for itself: a client of another revision must not set those. */
function ownMeta(params: RawObject): RawObject {
  const meta = metaOf(params) ?? RawObject.EMPTY;
  return meta.without(...meta.names.filter((name) => inAnyCase(name).startsWith(META_PREFIX)));
}

/** `Mcp-Param-*` mirror arguments of the body; the backend checks them, so they go on as they are. */
function copyParameterHeaders(from: IncomingHttpHeaders, to: Record<string, string>): void {
  for (const name in from)
    if (name.startsWith('mcp-param-')) {
      const value = from[name];
      if (typeof value === 'string') to[name] = value;
    }
}
