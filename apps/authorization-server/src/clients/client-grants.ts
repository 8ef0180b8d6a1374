import type { ClientGrants } from '@gatehouse/config/model/client-grants';
import { JWT_BEARER_GRANT, TOKEN_EXCHANGE_GRANT } from '@gatehouse/kernel/token-types';
import type { ClientMetadata } from 'oidc-provider';

/** Of a person at a browser. */
export const SIGN_IN_GRANTS: readonly string[] = ['authorization_code', 'refresh_token'];
/** RFC 6749, section 4.4.2. */
export const CLIENT_CREDENTIALS = 'client_credentials';

/** Those that the configuration alone gives. */
const CONFIGURED_GRANTS: readonly unknown[] = [CLIENT_CREDENTIALS, TOKEN_EXCHANGE_GRANT, JWT_BEARER_GRANT];

export interface ConfiguredClient extends ClientGrants {
  readonly clientId: string;
  readonly redirectUris: readonly string[];
}

/** How a client of the configuration gets its tokens, as the library knows it. */
export function configuredGrants({
  redirectUris,
  clientCredentials,
  tokenExchange,
  identityAssertions,
}: ConfiguredClient): Pick<ClientMetadata, 'grant_types' | 'response_types'> {
  const signsIn = redirectUris.length > 0;
  return {
    grant_types: [
      ...(signsIn ? SIGN_IN_GRANTS : []),
      ...(clientCredentials === undefined ? [] : [CLIENT_CREDENTIALS]),
      ...(tokenExchange === undefined ? [] : [TOKEN_EXCHANGE_GRANT]),
      ...(identityAssertions === undefined ? [] : [JWT_BEARER_GRANT]),
    ],
    response_types: signsIn ? ['code'] : [],
  };
}

/** Nobody signs in to it at a browser, so no code is sent anywhere. */
export const hasNoSignIns = (
  { client_id: clientId }: Pick<ClientMetadata, 'client_id'>,
  clients: readonly ConfiguredClient[],
): boolean => clients.some((client) => client.clientId === clientId && client.redirectUris.length === 0);

/** A client that describes itself, by a registration or a document, gets no grant that the configuration alone gives. */
export function withholdConfiguredGrants(
  metadata: ClientMetadata,
  clients: readonly ConfiguredClient[],
): void {
  const { client_id: clientId, grant_types: asked } = metadata;
  if (!Array.isArray(asked) || clients.some((client) => client.clientId === clientId)) return;
  metadata.grant_types = asked.filter((grant: unknown) => !CONFIGURED_GRANTS.includes(grant));
}
