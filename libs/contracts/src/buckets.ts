import type { Service } from './contract.js';

/** A key-value bucket in JetStream and the services that may read and write it. */
export interface Bucket {
  readonly name: string;
  readonly usedBy: readonly Service[];
}

/** Sessions of legacy MCP clients (`Mcp-Session-Id`), shared by the proxy's replicas. */
export const mcpSessions: Bucket = { name: 'mcp_sessions', usedBy: ['vmcp-proxy'] };

export const BUCKETS: readonly Bucket[] = [mcpSessions];
