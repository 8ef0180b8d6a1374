import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { fingerprintOf } from '../consent/fingerprint.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';

/** Stands for what the approval page would show now. */
export const approvalOf = (
  { client, redirectUri, scopes }: AuthorizationRequest,
  { upstreamProviders }: Pick<AuthorizationServerPart, 'upstreamProviders'>,
): string =>
  fingerprintOf({
    clientId: client.clientId,
    clientName: client.name,
    redirectUri,
    redirectUris: client.redirectUris,
    scopes,
    providers: upstreamProviders,
  });
