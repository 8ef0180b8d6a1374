import type { UpstreamProvider } from '@gatehouse/config/model/upstream-provider';
import type { McpProvider } from './mcp-provider.js';
import { isSameIssuer } from './server-metadata.js';

type Other = Pick<UpstreamProvider<unknown>, 'name' | 'protocol'>;

/**
 * Whose authorization server an issuer is, if it is not this provider's. A hostile backend would name the one of another
 * backend: where that server does not heed `resource`, its tokens would be good for the other backend, and be sent to the
 * hostile one. What the configuration names for a provider is its own, whoever else uses it.
 * @param before providers that used this issuer before this one did
 * @returns the name of the other provider
 */
export function ownerOf(
  issuer: string,
  provider: McpProvider,
  others: readonly Other[],
  before: readonly string[],
): string | undefined {
  const { issuer: pinned } = provider.protocol;
  if (pinned !== undefined && isSameIssuer(pinned, issuer)) return undefined;
  const configured = others.find((other) => isConfigured(issuer, other));
  if (configured !== undefined) return configured.name;
  // One that is not configured any more owns nothing.
  return before.find((name) => others.some((other) => other.name === name));
}

function isConfigured(issuer: string, { protocol }: Other): boolean {
  if (protocol.issuer !== undefined) return isSameIssuer(protocol.issuer, issuer);
  const origin = URL.parse(issuer)?.origin;
  return (
    protocol.type === 'oauth2' &&
    [protocol.authorizationEndpoint, protocol.tokenEndpoint].some((url) => URL.parse(url)?.origin === origin)
  );
}
