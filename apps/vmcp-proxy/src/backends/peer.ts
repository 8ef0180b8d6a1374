import { EVENT_STREAM_TYPE } from '../mcp/answer.js';
import type { About } from '../mcp/about.js';
import { MODERN_VERSION } from '../mcp/protocol.js';

/** How the proxy speaks to one backend on behalf of one principal. */
export type Peer =
  | { readonly era: 'modern' }
  | {
      readonly era: 'legacy';
      readonly version: string;
      /** Absent: the backend keeps no session. */
      readonly session?: BackendSession;
      /** What the backend said when the session began. */
      readonly about?: About;
    };

export interface BackendSession {
  readonly id: string;
  readonly key: string;
  /**
   * Of the credential that it was begun with ({@link accountOf}): what a backend keeps in a session belongs to that account, and no
   * other one's credential gets there. `undefined`: its person has no other one.
   */
  readonly account?: string | undefined;
}

/** That a request to the peer goes into. */
export const sessionIn = (peer: Peer): BackendSession | undefined =>
  peer.era === 'legacy' ? peer.session : undefined;

export const MODERN: Peer = { era: 'modern' };

const WITHOUT_HEADER: ReadonlySet<string> = new Set(['2025-03-26', '2024-11-05']);
const ACCEPT = 'application/json, text/event-stream';

/** Headers of one request to the backend, without the credential. */
export function peerHeaders(peer: Peer, method: string, name: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', accept: ACCEPT };
  if (peer.era === 'modern') {
    headers['mcp-protocol-version'] = MODERN_VERSION;
    headers['mcp-method'] = method;
    if (name !== undefined) headers['mcp-name'] = name;
    return headers;
  }
  return { ...headers, ...legacyHeaders(peer) };
}

function legacyHeaders({ version, session }: LegacyPeer): Record<string, string> {
  return {
    // Earlier revisions do not know the header.
    ...(WITHOUT_HEADER.has(version) ? {} : { 'mcp-protocol-version': version }),
    ...(session === undefined ? {} : { 'mcp-session-id': session.id }),
  };
}

/** Headers of the `GET` for what a server says without being asked (MCP until 2025-11-25, transports). */
export const listeningHeaders = (peer: LegacyPeer): Record<string, string> => ({
  ...legacyHeaders(peer),
  accept: EVENT_STREAM_TYPE,
});

/** Headers of the `GET` that takes up a stream after the event with that id (MCP 2025-11-25, transports, resumability). */
export const resumingHeaders = (peer: LegacyPeer, lastEventId: string): Record<string, string> => ({
  ...listeningHeaders(peer),
  'last-event-id': lastEventId,
});

export type LegacyPeer = Extract<Peer, { era: 'legacy' }>;
