import type { McpProtocol } from '@gatehouse/config/model/mcp-protocol';
import type { UpstreamProvider } from '@gatehouse/config/model/upstream-provider';
import type { Secret } from '@gatehouse/kernel/secret';

/** A provider of type `mcp`, as it is configured. */
export type McpProvider = UpstreamProvider<Secret> & { readonly protocol: McpProtocol };

export const isMcp = (provider: UpstreamProvider<Secret>): provider is McpProvider =>
  provider.protocol.type === 'mcp';
