import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { fingerprintOf } from '../consent/fingerprint.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';

type Approving = Pick<AuthorizationServerPart, 'upstreamProviders' | 'resourceUrl'>;

/** The part of the gateway that a request is for; `undefined`: all of it. */
export const partOf = (
  { resource }: AuthorizationRequest,
  { resourceUrl }: Pick<Approving, 'resourceUrl'>,
): string | undefined => (resource === resourceUrl ? undefined : resource);

/** Every provider of the sign-in, each with the backends behind what the request is for. */
export function offeredProviders(
  request: AuthorizationRequest,
  { upstreamProviders, partBackends }: Pick<AuthorizationServerPart, 'upstreamProviders' | 'partBackends'>,
): AuthorizationServerPart['upstreamProviders'] {
  const behind = partBackends.get(request.resource);
  if (behind === undefined) return upstreamProviders;
  return upstreamProviders.map((provider) => ({
    ...provider,
    backends: provider.backends.filter((name) => behind.includes(name)),
  }));
}

/** Stands for what the approval page would show now. */
export function approvalOf(request: AuthorizationRequest, config: Approving): string {
  const { client, redirectUri, scopes } = request;
  const part = partOf(request, config);
  return fingerprintOf({
    clientId: client.clientId,
    clientName: client.name,
    redirectUri,
    redirectUris: client.redirectUris,
    scopes,
    ...(part === undefined ? {} : { part }),
    providers: config.upstreamProviders,
  });
}
