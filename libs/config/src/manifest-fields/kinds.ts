import { fieldTree, type PublishedField } from './field-tree.js';
import { MCP_AUTHZ_CONFIG_FIELDS } from './published/mcp-authz-config.js';
import { MCP_EXTERNAL_AUTH_CONFIG_FIELDS } from './published/mcp-external-auth-config.js';
import { MCP_GROUP_FIELDS } from './published/mcp-group.js';
import { MCP_OIDC_CONFIG_FIELDS } from './published/mcp-oidc-config.js';
import { MCP_REMOTE_PROXY_FIELDS } from './published/mcp-remote-proxy.js';
import { MCP_SERVER_ENTRY_FIELDS } from './published/mcp-server-entry.js';
import { MCP_SERVER_FIELDS } from './published/mcp-server.js';
import { MCP_TOOL_CONFIG_FIELDS } from './published/mcp-tool-config.js';
import { VIRTUAL_MCP_SERVER_FIELDS } from './published/virtual-mcp-server.js';

export const GROUP = 'toolhive.stacklok.dev';
export const VERSIONS: readonly string[] = ['v1alpha1', 'v1beta1'];

/** The kinds that are read, with the published fields of their `spec`; both versions have the same. */
export const KIND_FIELDS = {
  VirtualMCPServer: fieldTree(VIRTUAL_MCP_SERVER_FIELDS),
  MCPExternalAuthConfig: fieldTree(MCP_EXTERNAL_AUTH_CONFIG_FIELDS),
  MCPOIDCConfig: fieldTree(MCP_OIDC_CONFIG_FIELDS),
  MCPServerEntry: fieldTree(MCP_SERVER_ENTRY_FIELDS),
  MCPRemoteProxy: fieldTree(MCP_REMOTE_PROXY_FIELDS),
  MCPServer: fieldTree(MCP_SERVER_FIELDS),
  MCPGroup: fieldTree(MCP_GROUP_FIELDS),
  MCPToolConfig: fieldTree(MCP_TOOL_CONFIG_FIELDS),
  MCPAuthzConfig: fieldTree(MCP_AUTHZ_CONFIG_FIELDS),
} as const satisfies Record<string, PublishedField>;

export type Kind = keyof typeof KIND_FIELDS;

export const isKind = (kind: string): kind is Kind => Object.hasOwn(KIND_FIELDS, kind);

/** Other kinds of the seed system. An object of one is refused where another names it, and has no effect by itself. */
export const OTHER_KINDS: readonly string[] = [
  'EmbeddingServer',
  'MCPRegistry',
  'MCPTelemetryConfig',
  'MCPWebhookConfig',
  'VirtualMCPCompositeToolDefinition',
];
