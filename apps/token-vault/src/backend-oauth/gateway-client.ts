import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { Secret } from '@gatehouse/kernel/secret';
import type { McpProvider } from './mcp-provider.js';
import type { StoredClient } from './registered-client.store.js';
import type { FitServer } from './server-metadata.js';

/** This gateway as client of one authorization server. */
export type GatewayClient = Pick<McpProvider, 'clientId' | 'clientSecret' | 'tokenEndpointAuthMethod'>;

/** How it becomes known there, in the order of the MCP specification (client registration approaches). */
export type Way =
  | { readonly kind: 'configured'; readonly client: GatewayClient }
  | { readonly kind: 'document'; readonly client: GatewayClient }
  | { readonly kind: 'dynamic' };

/** @returns `undefined` when there is no way. */
export function wayOf(provider: McpProvider, server: FitServer): Way | undefined {
  if (provider.clientId !== '') return { kind: 'configured', client: configuredClient(provider) };
  const { clientMetadataUrl, dynamicRegistration } = provider.protocol;
  if (clientMetadataUrl !== undefined && server.client_id_metadata_document_supported === true)
    return { kind: 'document', client: documentClient(clientMetadataUrl) };
  return dynamicRegistration && server.registration_endpoint !== undefined ? { kind: 'dynamic' } : undefined;
}

export const configuredClient = ({
  clientId,
  clientSecret,
  tokenEndpointAuthMethod,
}: McpProvider): GatewayClient => ({
  clientId,
  ...(clientSecret === undefined ? {} : { clientSecret }),
  ...(tokenEndpointAuthMethod === undefined ? {} : { tokenEndpointAuthMethod }),
});

/** Whoever can fetch the document can be this client; PKCE and the redirect URI protect the code. */
export const documentClient = (clientId: string): GatewayClient => ({
  clientId,
  tokenEndpointAuthMethod: 'none',
});

export const storedClient = ({ client }: StoredClient): GatewayClient => {
  const { clientId, clientSecret, tokenEndpointAuthMethod } = client;
  return {
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret: new Secret(clientSecret) }),
    ...(tokenEndpointAuthMethod === undefined ? {} : { tokenEndpointAuthMethod }),
  };
};

/** A leg takes ten minutes at most. Its code is redeemed with the secret with which it began. */
const MIN_MARGIN_MS = 15 * MINUTE_MS;

/**
 * `replace`: it still works, and a new one has to be registered.
 * @param askedFor digest of what would be asked for now; left out: that does not count
 */
export function conditionOf(
  stored: StoredClient | undefined,
  redirectUri: string,
  nowMs: number,
  askedFor?: string,
): 'good' | 'replace' | 'unusable' {
  if (stored === undefined || stored.redirectUri !== redirectUri) return 'unusable';
  const { secretExpiresAtMs: endMs, registeredAtMs } = stored;
  if (endMs !== undefined && endMs <= nowMs) return 'unusable';
  if (askedFor !== undefined && askedFor !== stored.client.askedFor) return 'replace';
  if (endMs === undefined) return 'good';
  const lifetimeMs = endMs - registeredAtMs;
  const marginMs = Math.min(lifetimeMs / 2, Math.max(MIN_MARGIN_MS, lifetimeMs / 10));
  return nowMs < endMs - marginMs ? 'good' : 'replace';
}
