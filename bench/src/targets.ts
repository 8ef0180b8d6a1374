import { request } from 'undici';
import type { BenchWorld } from './bench-world.js';
import type { Target } from './load.js';
import type { Shape } from './shapes.js';

/** The same call, sent to several places. */
export interface Targets {
  readonly direct: Target;
  readonly hop: Target;
  readonly static: Target;
  readonly inject: Target;
  readonly exchange: Target;
  /** As inject, by a client of the revision with sessions. */
  readonly legacy: Target;
}

const MODERN_VERSION = '2026-07-28';
const MODERN_META = {
  'io.modelcontextprotocol/protocolVersion': MODERN_VERSION,
  'io.modelcontextprotocol/clientCapabilities': {},
};
const LEGACY_VERSION = '2025-11-25';
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export function targetsOf(
  { proxy, hop, backend, otherPids }: BenchWorld,
  shape: Shape,
  caller: { readonly accessToken: string; readonly sessionId: string },
): Targets {
  const direct = { others: [], ...modernCall(shape, 'echo', 'bench') };
  const through = (name: string, sent: Pick<Target, 'headers' | 'body'>): Target => ({
    name: `gatehouse, ${name}`,
    ...proxy,
    others: [backend.pid, ...otherPids],
    ...sent,
  });
  const modern = (kind: string): Target =>
    through(kind, modernCall(shape, `bench-${kind}_echo`, caller.accessToken));
  return {
    direct: { name: 'direct', ...backend, ...direct },
    hop: { name: 'hop', ...hop, ...direct, others: [backend.pid] },
    static: modern('static'),
    inject: modern('inject'),
    exchange: modern('exchange'),
    legacy: through('inject, session', legacyCall(shape, 'bench-inject_echo', caller)),
  };
}

/** A call of a client of 2026-07-28. */
export function modernCall(shape: Shape, name: string, token: string): Pick<Target, 'headers' | 'body'> {
  return {
    headers: {
      ...JSON_HEADERS,
      authorization: `Bearer ${token}`,
      'mcp-protocol-version': MODERN_VERSION,
      'mcp-method': 'tools/call',
      'mcp-name': name,
    },
    body: bodyOf(name, shape, MODERN_META),
  };
}

/** The same client asks for the tools that there are. */
export const modernList = (token: string): Pick<Target, 'headers' | 'body'> => ({
  headers: {
    ...JSON_HEADERS,
    authorization: `Bearer ${token}`,
    'mcp-protocol-version': MODERN_VERSION,
    'mcp-method': 'tools/list',
  },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: MODERN_META } }),
});

function legacyCall(
  shape: Shape,
  name: string,
  { accessToken, sessionId }: { readonly accessToken: string; readonly sessionId: string },
): Pick<Target, 'headers' | 'body'> {
  return { headers: legacyHeaders(accessToken, sessionId), body: bodyOf(name, shape, {}) };
}

const bodyOf = (name: string, { arguments: given, progress }: Shape, meta: object): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name,
      arguments: given,
      _meta: { ...meta, ...(progress === true ? { progressToken: 'bench' } : {}) },
    },
  });

export const legacyHeaders = (accessToken: string, sessionId: string): Record<string, string> => ({
  ...JSON_HEADERS,
  authorization: `Bearer ${accessToken}`,
  'mcp-protocol-version': LEGACY_VERSION,
  'mcp-session-id': sessionId,
});

/** Begins a session as a client of the revision that has them. @returns its id. */
export async function beginSession(url: string, accessToken: string): Promise<string> {
  const params = {
    protocolVersion: LEGACY_VERSION,
    capabilities: {},
    clientInfo: { name: 'bench', version: '1' },
  };
  const { statusCode, headers, body } = await request(url, {
    method: 'POST',
    headers: { ...JSON_HEADERS, authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
  });
  const text = await body.text();
  const sessionId = headers['mcp-session-id'];
  if (typeof sessionId !== 'string') throw new Error(`no session: ${statusCode} ${text.slice(0, 300)}`);
  return sessionId;
}
