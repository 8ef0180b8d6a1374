import type { Service } from '@gatehouse/kernel/services';
import type { Path } from '../findings/path.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import { buildMcpProvider, type ReachedBackend } from './mcp-provider.js';
import type { ClientKey, UpstreamProvider } from '../model/upstream-provider.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import { ownCallback } from '../urls/callbacks.js';
import { PROVIDER_BLOCKS } from '../yaml/provider-fields.js';
import {
  isOidc,
  protocolOf,
  requestedUrlsOf,
  type WrittenBlock,
  type WrittenProvider,
} from './provider-protocol.js';
import { ownRegistrationOf, registrationUrlsOf } from './own-registration.js';
import { partyEgress } from './party-egress.js';
import { given, milliseconds } from './written-values.js';

const TOKEN_VAULT: readonly Service[] = ['token-vault'];

/** Fields that providers of both types have go to the provider, the others to its protocol. */
export function buildProvider(
  written: WrittenProvider,
  issuer: string,
  path: Path,
  secrets: SecretResolver,
  backends: readonly ReachedBackend[],
): UpstreamProvider<ConfiguredSecret> {
  const { name, requirement, type } = written;
  if (type === 'mcp') return buildMcpProvider(written, { issuer, path, secrets, backends });
  const block = written[PROVIDER_BLOCKS[type]];
  if (block === undefined) throw new Error('A provider without its fields passed the structure checks.');
  const protocol = protocolOf(block);
  const place = [...path, PROVIDER_BLOCKS[type]];
  return {
    name,
    requirement,
    protocol,
    clientId: block.clientId ?? '',
    ...given('registration', ownRegistrationOf(block, place, secrets)),
    ...given(
      'clientSecret',
      block.clientSecret &&
        secrets.secret(block.clientSecret, [...place, 'clientSecret'], {
          kind: 'clientSecret',
          owners: TOKEN_VAULT,
        }),
    ),
    ...given('clientKey', clientKeyOf(block, place, secrets)),
    ...given('tokenEndpointAuthMethod', block.tokenEndpointAuthMethod ?? derivedMethod(block)),
    scopes: block.scopes,
    additionalAuthorizationParams: block.additionalAuthorizationParams,
    ...given('reconnectPrompt', block.reconnectPrompt),
    dialect: {
      basicCredentials: block.basicCredentials,
      pkce: block.pkce,
      scopeParameter: block.scopeParameter,
      scopeSeparator: block.scopeSeparator,
      refreshScope: block.refreshScope,
      tokenRequestFormat: block.tokenRequestFormat,
      tokenRequestHeaders: block.tokenRequestHeaders,
      tokenResponseMapping: block.tokenResponseMapping,
    },
    redirectUri: block.redirectUri ?? ownCallback(issuer, name),
    timeoutMs: milliseconds(written.timeout),
    ...partyEgress(
      written,
      { path, owner: 'token-vault', secrets },
      ...requestedUrlsOf(protocol),
      ...registrationUrlsOf(block),
    ),
  };
}

function clientKeyOf(
  block: WrittenBlock,
  place: Path,
  secrets: SecretResolver,
): ClientKey<ConfiguredSecret> | undefined {
  const { clientKey, clientKeyId, clientAssertionAudience } = block;
  if (clientKey === undefined) return undefined;
  return {
    key: secrets.secret(clientKey, [...place, 'clientKey'], { kind: 'signingKey', owners: TOKEN_VAULT }),
    ...given('id', clientKeyId),
    audience: clientAssertionAudience ?? (isOidc(block) ? 'issuer' : 'tokenEndpoint'),
  };
}

/** A plain OAuth 2 provider has no discovery document that would say which methods it takes. */
function derivedMethod(block: WrittenBlock) {
  if (block.clientKey !== undefined) return 'private_key_jwt';
  // What is registered comes with its method.
  if (isOidc(block) || block.dcrConfig !== undefined) return undefined;
  return block.clientSecret === undefined ? 'none' : 'client_secret_basic';
}
