import { MODERN_VERSION } from '../mcp/protocol.js';

/** How the proxy speaks to one backend on behalf of one principal. */
export type Peer =
  | { readonly era: 'modern' }
  | {
      readonly era: 'legacy';
      readonly version: string;
      /** Absent: the backend keeps no session. */
      readonly session?: { readonly id: string; readonly key: string };
    };

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
  // Earlier revisions do not know the header.
  if (!WITHOUT_HEADER.has(peer.version)) headers['mcp-protocol-version'] = peer.version;
  if (peer.session !== undefined) headers['mcp-session-id'] = peer.session.id;
  return headers;
}
