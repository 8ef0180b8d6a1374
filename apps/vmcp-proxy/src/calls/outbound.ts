import type { IncomingHttpHeaders } from 'node:http';
import { peerHeaders, type Peer } from '../backends/peer.js';
import { nameField } from '../mcp/call-methods.js';
import { GATEWAY_INFO } from '../mcp/gateway-info.js';
import type { Route } from '../catalog/view.js';
import { encodeHeaderValue } from '../mcp/header-value.js';
import { metaOf, type RequestId } from '../mcp/message.js';
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_LOG_LEVEL,
  META_PREFIX,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
} from '../mcp/protocol.js';
import { joinPieces, OwnJson, RawObject, type JsonPieces } from '../json/raw-json.js';
import { canOpenUrls } from '../mcp-sessions/mcp-session.js';
import type { Call, Client } from './call.js';
import { parameterHeaders } from './parameter-headers.js';

export interface Outbound {
  readonly headers: Record<string, string>;
  /** Every value of the client's that stays in it is byte for byte as it came. */
  readonly body: string | Buffer;
  /** The id that the backend sees. */
  readonly id: RequestId;
}

let translated = 0;

/** The request as the backend gets it: its own name for the thing, its own revision, nothing of the client's headers but what is named here. */
export function outboundRequest(call: Call, route: Route, peer: Peer): Outbound {
  const { message, client } = call;
  // The backend's own name where the client wrote ours.
  const params = call.target.renamed(message.params, route.original);
  const field = nameField(message.method);
  const named = field === undefined ? undefined : encodeHeaderValue(route.original);
  const headers = peerHeaders(peer, message.method, named);
  copyTrace(call.headers, headers);
  if (client.era === peer.era) {
    if (peer.era === 'modern') copyParameterHeaders(call.headers, headers);
    return { headers, body: requestText(message.id, message.method, params), id: message.id };
  }
  if (peer.era === 'modern') {
    Object.assign(headers, parameterHeaders(route.definition, params.get('arguments')));
    return {
      headers,
      body: requestText(message.id, message.method, enveloped(params, client)),
      id: message.id,
    };
  }
  // Several modern clients share the principal's one session at a legacy backend, and all of them count from one.
  translated += 1;
  const id = peer.session === undefined ? message.id : `gatehouse-call-${translated}`;
  return { headers, body: requestText(id, message.method, withoutEnvelope(params)), id };
}

function requestText(id: RequestId, method: string, params: RawObject): string | Buffer {
  const pieces: JsonPieces = [
    `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)},"params":`,
  ];
  params.writeTo(pieces);
  pieces.push('}');
  return joinPieces(pieces);
}

function enveloped(params: RawObject, client: Client): RawObject {
  if (client.era === 'modern') return params;
  const { capabilities, clientInfo, logLevel } = client.session;
  const meta = ownMeta(params)
    .with(META_PROTOCOL_VERSION, new OwnJson(MODERN_VERSION))
    .with(META_CLIENT_INFO, new OwnJson('name' in clientInfo ? clientInfo : GATEWAY_INFO))
    // Only what can be translated back: a URL becomes error -32042.
    .with(
      META_CLIENT_CAPABILITIES,
      new OwnJson(canOpenUrls(capabilities) ? { elicitation: { url: {} } } : {}),
    );
  return params.with(
    '_meta',
    logLevel === undefined ? meta : meta.with(META_LOG_LEVEL, new OwnJson(logLevel)),
  );
}

function withoutEnvelope(params: RawObject): RawObject {
  const meta = ownMeta(params);
  const rest = params.without('inputResponses', 'requestState', '_meta');
  return meta.names.length === 0 ? rest : rest.with('_meta', meta);
}

/** `_meta` without the keys that the protocol keeps for itself: a client of another revision must not set those. */
function ownMeta(params: RawObject): RawObject {
  const meta = metaOf(params) ?? RawObject.EMPTY;
  return meta.without(...meta.names.filter((name) => name.startsWith(META_PREFIX)));
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** W3C Trace Context, if it is well-formed. */
function copyTrace(from: IncomingHttpHeaders, to: Record<string, string>): void {
  const { traceparent, tracestate } = from;
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return;
  to['traceparent'] = traceparent;
  if (typeof tracestate === 'string' && TRACESTATE.test(tracestate)) to['tracestate'] = tracestate;
}

/** `Mcp-Param-*` mirror arguments of the body; the backend checks them, so they go on as they are. */
function copyParameterHeaders(from: IncomingHttpHeaders, to: Record<string, string>): void {
  for (const name in from)
    if (name.startsWith('mcp-param-')) {
      const value = from[name];
      if (typeof value === 'string') to[name] = value;
    }
}
