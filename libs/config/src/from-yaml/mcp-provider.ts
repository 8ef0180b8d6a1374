import type { Service } from '@gatehouse/kernel/services';
import type { z } from 'zod';
import type { Path } from '../findings/path.js';
import type { Backend } from '../model/backend.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { McpProtocol } from '../model/mcp-protocol.js';
import type { UpstreamProvider } from '../model/upstream-provider.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import { ownCallback } from '../urls/callbacks.js';
import { isPublished, ownClientMetadata } from '../urls/upstream-client.js';
import { PROVIDER_BLOCKS } from '../yaml/auth-server-fields.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import type { mcpConfig } from '../yaml/mcp-fields.js';
import { partyEgress } from './party-egress.js';
import { given, milliseconds } from './written-values.js';

type Written = NonNullable<GatehouseYaml['authServer']>['upstreamProviders'][number];
type WrittenMcp = z.output<typeof mcpConfig>;

/** What a provider has to know of its backend. */
export type ReachedBackend = Pick<Backend<unknown>, 'name' | 'url' | 'allowPrivateIps' | 'insecureAllowHttp'>;

/** One that is not configured. A rule reports it. */
const UNKNOWN: ReachedBackend = { name: '', url: '', allowPrivateIps: false, insecureAllowHttp: false };

export interface McpSurroundings {
  readonly issuer: string;
  readonly path: Path;
  readonly secrets: SecretResolver;
  readonly backends: readonly ReachedBackend[];
}

const TOKEN_VAULT: readonly Service[] = ['token-vault'];

/** Only this file knows `mcpConfig`. */
export function buildMcpProvider(
  written: Written,
  { issuer, path, secrets, backends }: McpSurroundings,
): UpstreamProvider<ConfiguredSecret> {
  const { name, requirement, mcpConfig: block } = written;
  if (block === undefined) throw new Error('A provider without its fields passed the structure checks.');
  const backend = backends.find((one) => one.name === block.backend) ?? UNKNOWN;
  return {
    name,
    requirement,
    protocol: protocolOf(block, backend, isPublished(issuer) ? ownClientMetadata(issuer, name) : undefined),
    clientId: block.clientId ?? '',
    ...given(
      'clientSecret',
      block.clientSecret &&
        secrets.secret(block.clientSecret, [...path, PROVIDER_BLOCKS.mcp, 'clientSecret'], {
          kind: 'clientSecret',
          owners: TOKEN_VAULT,
        }),
    ),
    ...given('tokenEndpointAuthMethod', block.tokenEndpointAuthMethod),
    scopes: block.scopes,
    additionalAuthorizationParams: block.additionalAuthorizationParams,
    redirectUri: ownCallback(issuer, name),
    timeoutMs: milliseconds(written.timeout),
    ...partyEgress(written, { path, owner: 'token-vault', secrets }, backend.url, block.issuer),
  };
}

const protocolOf = (
  { backend, resource, issuer, clientMetadataUrl, dynamicRegistration }: WrittenMcp,
  { url, allowPrivateIps, insecureAllowHttp }: ReachedBackend,
  ownMetadataUrl: string | undefined,
): McpProtocol => ({
  type: 'mcp',
  backend,
  url,
  backendEgress: { allowPrivateIps, insecureAllowHttp },
  ...given('resource', resource),
  ...given('issuer', issuer),
  ...given('clientMetadataUrl', clientMetadataUrl ?? ownMetadataUrl),
  dynamicRegistration,
});
