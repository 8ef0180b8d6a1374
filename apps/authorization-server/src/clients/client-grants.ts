import type { ClientLimits } from '@gatehouse/config/model/client-limits';
import type { ClientGrants } from '@gatehouse/config/model/client-grants';
import { JWT_BEARER_GRANT, TOKEN_EXCHANGE_GRANT } from '@gatehouse/kernel/token-types';
import type { ClientMetadata } from 'oidc-provider';

const AUTHORIZATION_CODE = 'authorization_code';
const REFRESH_TOKEN = 'refresh_token';
/** Of a person at a browser. */
export const SIGN_IN_GRANTS: readonly string[] = [AUTHORIZATION_CODE, REFRESH_TOKEN];
/** RFC 6749, section 4.4.2. */
export const CLIENT_CREDENTIALS = 'client_credentials';
/** RFC 8628, section 3.4. */
export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** Those that the configuration alone gives. */
const CONFIGURED_GRANTS: readonly unknown[] = [CLIENT_CREDENTIALS, TOKEN_EXCHANGE_GRANT, JWT_BEARER_GRANT];

export interface ConfiguredClient extends ClientGrants {
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  readonly limits?: ClientLimits;
}

/** How a client of the configuration gets its tokens, as the library knows it. */
export function configuredGrants({
  redirectUris,
  deviceFlow,
  clientCredentials,
  tokenExchange,
  identityAssertions,
}: ConfiguredClient): Pick<ClientMetadata, 'grant_types' | 'response_types'> {
  const signsIn = redirectUris.length > 0;
  return {
    grant_types: [
      ...(signsIn ? SIGN_IN_GRANTS : deviceFlow === true ? [REFRESH_TOKEN] : []),
      ...(deviceFlow === true ? [DEVICE_CODE_GRANT] : []),
      ...(clientCredentials === undefined ? [] : [CLIENT_CREDENTIALS]),
      ...(tokenExchange === undefined ? [] : [TOKEN_EXCHANGE_GRANT]),
      ...(identityAssertions === undefined ? [] : [JWT_BEARER_GRANT]),
    ],
    response_types: signsIn ? ['code'] : [],
  };
}

/** People sign in to it by codes that it shows them, and nowhere else (RFC 8628). */
export const signsInByDeviceOnly = (grants: unknown): boolean =>
  Array.isArray(grants) && grants.includes(DEVICE_CODE_GRANT) && !grants.includes(AUTHORIZATION_CODE);

/** Also of a registration from when there were device codes. */
const isForDevices = (grants: unknown): boolean =>
  signsInByDeviceOnly(grants) ||
  (Array.isArray(grants) && grants.includes(REFRESH_TOKEN) && !grants.includes(AUTHORIZATION_CODE));

/** Nobody signs in to it at a browser of its own, so no code is sent anywhere. */
export const sendsNoCodes = (
  { client_id: clientId, redirect_uris: uris, grant_types: grants }: ClientMetadata,
  clients: readonly ConfiguredClient[],
): boolean =>
  clients.some((client) => client.clientId === clientId && client.redirectUris.length === 0) ||
  ((uris ?? []).length === 0 && isForDevices(grants));

export interface GrantRules {
  readonly clients: readonly ConfiguredClient[];
  /** Absent: nobody signs in by a code of a device. */
  readonly deviceFlow?: unknown;
}

/**
 * A client that describes itself, by a registration or a document, gets no grant that the configuration alone gives. None has one
 * that there is not any more: the library would refuse the whole client for it, and its refresh tokens with it.
 */
export function withholdGrants(metadata: ClientMetadata, { clients, deviceFlow }: GrantRules): void {
  const { client_id: clientId, grant_types: asked } = metadata;
  if (!Array.isArray(asked) || clients.some((client) => client.clientId === clientId)) return;
  const withheld = [...CONFIGURED_GRANTS, ...(deviceFlow === undefined ? [DEVICE_CODE_GRANT] : [])];
  metadata.grant_types = asked.filter((grant: unknown) => !withheld.includes(grant));
}
