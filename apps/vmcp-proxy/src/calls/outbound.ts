import type { IncomingHttpHeaders } from 'node:http';
import { peerHeaders, type Peer } from '../backends/peer.js';
import { GATEWAY_INFO } from '../backends/gateway-info.js';
import type { Route } from '../catalog/view.js';
import { encodeHeaderValue } from '../edge/header-value.js';
import { isObject, metaOf, without, type JsonObject, type RequestId } from '../edge/message.js';
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_LOG_LEVEL,
  META_PREFIX,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
  nameField,
} from '../edge/protocol.js';
import { canOpenUrls } from '../mcp-sessions/mcp-session.js';
import type { Call, Client } from './call.js';
import { parameterHeaders } from './parameter-headers.js';

export interface Outbound {
  readonly headers: Record<string, string>;
  readonly body: string;
  /** The id that the backend sees. */
  readonly id: RequestId;
}

let translated = 0;

/** The request as the backend gets it: its own name for the thing, its own revision, nothing of the client's headers but what is named here. */
export function outboundRequest(call: Call, route: Route, peer: Peer): Outbound {
  const { message, client } = call;
  const params = namedFor(message.method, message.params, route);
  const field = nameField(message.method);
  const named = field === undefined ? undefined : encodeHeaderValue(route.original);
  const headers = peerHeaders(peer, message.method, named);
  copyTrace(call.headers, headers);
  if (client.era === peer.era) {
    if (peer.era === 'modern') copyParameterHeaders(call.headers, headers);
    return { headers, body: requestText(message.id, message.method, params), id: message.id };
  }
  if (peer.era === 'modern') {
    Object.assign(headers, parameterHeaders(route.definition, params['arguments']));
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

const requestText = (id: RequestId, method: string, params: JsonObject): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

/** Puts the backend's own name where the client wrote ours. */
function namedFor(method: string, params: JsonObject, { original }: Route): JsonObject {
  switch (method) {
    case 'resources/read':
      return { ...params, uri: original };
    case 'completion/complete': {
      const ref = params['ref'];
      if (!isObject(ref)) return params;
      return {
        ...params,
        ref: ref['type'] === 'ref/resource' ? { ...ref, uri: original } : { ...ref, name: original },
      };
    }
    default:
      return { ...params, name: original };
  }
}

function enveloped(params: JsonObject, client: Client): JsonObject {
  if (client.era === 'modern') return params;
  const { capabilities, clientInfo, logLevel } = client.session;
  return {
    ...params,
    _meta: {
      ...ownMeta(params),
      [META_PROTOCOL_VERSION]: MODERN_VERSION,
      [META_CLIENT_INFO]: 'name' in clientInfo ? clientInfo : GATEWAY_INFO,
      // Only what can be translated back: a URL becomes error -32042.
      [META_CLIENT_CAPABILITIES]: canOpenUrls(capabilities) ? { elicitation: { url: {} } } : {},
      ...(logLevel === undefined ? {} : { [META_LOG_LEVEL]: logLevel }),
    },
  };
}

function withoutEnvelope(params: JsonObject): JsonObject {
  const rest = without(params, 'inputResponses', 'requestState', '_meta');
  const meta = ownMeta(params);
  return Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
}

/** `_meta` without the keys that the protocol keeps for itself: a client of another revision must not set those. */
function ownMeta(params: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(metaOf(params) ?? {}).filter(([key]) => !key.startsWith(META_PREFIX)),
  );
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
