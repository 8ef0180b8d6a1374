import type { EgressRules } from './egress-rules.js';

/** A backend that demands its own OAuth. Which authorization server that is, the backend says itself (RFC 9728). */
export interface McpProtocol {
  readonly type: 'mcp';
  /** The backend whose tokens these are. */
  readonly backend: string;
  /** Its MCP endpoint. */
  readonly url: string;
  /** For requests to the backend; the authorization server has the provider's. */
  readonly backendEgress: EgressRules;
  /** What the backend's metadata names as its `resource`. Absent: its URL. */
  readonly resource?: string;
  /** The only authorization server that is used. Absent: the first one of the backend that fits. */
  readonly issuer?: string;
  /** The URL that is this gateway's client id where documents are accepted. Absent: it has none. */
  readonly clientMetadataUrl?: string;
  /** Whether the gateway may register itself (RFC 7591). */
  readonly dynamicRegistration: boolean;
}
