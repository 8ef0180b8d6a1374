import { DAY_MS } from '@gatehouse/kernel/durations';
import type { Service } from './contract.js';

/** A key-value bucket in JetStream. It lives in its service's own NATS account: no other service can name it. */
export interface Bucket {
  readonly name: string;
  readonly ownedBy: Service;
  /** An entry vanishes this long after it was last written. */
  readonly ttlMs: number;
}

/** Sessions of legacy MCP clients (`Mcp-Session-Id`), shared by the proxy's replicas. */
export const mcpSessions: Bucket = { name: 'mcp_sessions', ownedBy: 'vmcp-proxy', ttlMs: DAY_MS };

export const BUCKETS: readonly Bucket[] = [mcpSessions];
