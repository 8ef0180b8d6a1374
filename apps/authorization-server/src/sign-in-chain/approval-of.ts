import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { OtherBackends, ScopedUse } from '../consent/consent-page.js';
import { fingerprintOf } from '../consent/fingerprint.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';

type Chain = Pick<
  AuthorizationServerPart,
  'administration' | 'primaryUpstreamProvider' | 'upstreamProviders'
>;

type Approving = Chain &
  Pick<AuthorizationServerPart, 'resourceUrl' | 'scopeUses' | 'partBackends' | 'branding' | 'userSecrets'>;

/** The part of the gateway that a request is for; `undefined`: all of it. */
export const partOf = (
  { resource }: AuthorizationRequest,
  { resourceUrl }: Pick<Approving, 'resourceUrl'>,
): string | undefined => (resource === resourceUrl ? undefined : resource);

/** Whether people administer with what they approve: they sign in at the primary provider alone. */
export const isToAdminister = (
  { resource }: Pick<AuthorizationRequest, 'resource'>,
  { administration }: Pick<AuthorizationServerPart, 'administration'>,
): boolean => resource === administration?.url;

/** The providers of a sign-in. */
export const chainOf = (
  request: Pick<AuthorizationRequest, 'resource'>,
  config: Chain,
): AuthorizationServerPart['upstreamProviders'] =>
  isToAdminister(request, config)
    ? config.upstreamProviders.filter(({ name }) => name === config.primaryUpstreamProvider)
    : config.upstreamProviders;

/** The name of every backend behind what the request is for. */
const backendsBehind = (
  { resource }: Pick<AuthorizationRequest, 'resource'>,
  config: Pick<AuthorizationServerPart, 'administration' | 'branding' | 'partBackends'>,
): readonly string[] =>
  isToAdminister({ resource }, config)
    ? []
    : (config.partBackends.get(resource) ?? [...config.branding.backends.keys()]);

/** Every provider of the sign-in, each with the backends behind what the request is for. */
export function offeredProviders(
  request: AuthorizationRequest,
  config: Chain & Pick<AuthorizationServerPart, 'partBackends'>,
): AuthorizationServerPart['upstreamProviders'] {
  const providers = chainOf(request, config);
  const behind = isToAdminister(request, config) ? [] : config.partBackends.get(request.resource);
  if (behind === undefined) return providers;
  return providers.map((provider) => ({
    ...provider,
    backends: provider.backends.filter((name) => behind.includes(name)),
  }));
}

/** What is behind the request, and needs no provider of the sign-in. */
export function otherBackends(
  request: Pick<AuthorizationRequest, 'resource'>,
  config: Pick<
    AuthorizationServerPart,
    'administration' | 'branding' | 'partBackends' | 'upstreamProviders' | 'userSecrets'
  >,
): OtherBackends {
  const { upstreamProviders, userSecrets } = config;
  const behind = backendsBehind(request, config);
  const withSecrets = userSecrets
    .map(({ label, backends }) => ({ label, backends: backends.filter((name) => behind.includes(name)) }))
    .filter(({ backends }) => backends.length > 0);
  const named = new Set([...upstreamProviders, ...userSecrets].flatMap(({ backends }) => backends));
  return { withSecrets, plain: behind.filter((name) => !named.has(name)) };
}

/** What the scopes of a request let its client do, as far as calls behind what it is for need them. */
export function scopedUses(
  { scopes, resource }: Pick<AuthorizationRequest, 'scopes' | 'resource'>,
  { scopeUses, partBackends }: Pick<AuthorizationServerPart, 'scopeUses' | 'partBackends'>,
): readonly ScopedUse[] {
  const behind = partBackends.get(resource);
  return scopes.flatMap((scope) => {
    const uses = (scopeUses.get(scope) ?? []).filter(({ backend }) => behind?.includes(backend) !== false);
    return uses.length === 0 ? [] : [{ scope, uses }];
  });
}

/** Stands for what the approval page would show now. */
export function approvalOf(request: AuthorizationRequest, config: Approving): string {
  const { client, redirectUri, scopes } = request;
  const part = partOf(request, config);
  return fingerprintOf({
    clientId: client.clientId,
    clientName: client.name,
    // No URI: an approval for a device counts for devices alone.
    redirectUri: redirectUri ?? 'device',
    redirectUris: client.redirectUris,
    scopes,
    ...(part === undefined ? {} : { part }),
    providers: offeredProviders(request, config),
    secrets: otherBackends(request, config).withSecrets,
    scopedUses: scopedUses(request, config),
    backends: backendsBehind(request, config),
  });
}
