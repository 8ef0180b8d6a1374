import { STANDARD_DIALECT } from '@gatehouse/config/model/provider-dialect';
import { ownCallback } from '@gatehouse/config/urls/callbacks';
import type { McpProtocol } from '@gatehouse/config/model/mcp-protocol';
import type { GuardedBackend } from '@gatehouse/testing/guarded-backend';
import type { McpProvider } from '../backend-oauth/mcp-provider.js';
import { ISSUER } from './vault-config.js';

/** The provider of a backend that demands its own OAuth; no client is configured. */
export const mcpProvider = (
  name: string,
  backend: GuardedBackend,
  protocol: Partial<McpProtocol> = {},
  more: Partial<McpProvider> = {},
): McpProvider => ({
  name,
  requirement: 'optional',
  allowPrivateIps: true,
  insecureAllowHttp: true,
  clientId: '',
  scopes: [],
  additionalAuthorizationParams: {},
  dialect: STANDARD_DIALECT,
  redirectUri: ownCallback(ISSUER, name),
  timeoutMs: 20_000,
  protocol: {
    type: 'mcp',
    backend: name,
    url: backend.mcpUrl,
    backendEgress: { allowPrivateIps: true, insecureAllowHttp: true },
    dynamicRegistration: true,
    ...protocol,
  },
  ...more,
});
