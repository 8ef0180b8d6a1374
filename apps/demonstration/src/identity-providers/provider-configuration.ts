import type { ClientMetadata, Configuration } from 'oidc-provider';
import { problemPage, type Look } from './pages.js';
import { SIGNING_ALGORITHM, type SigningKey } from '../http/signing-key.js';
import type { TokenStore } from './token-store.js';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** What both providers have in common with different values. */
export interface ProviderBasics {
  /** Begins the cookie names: browsers do not keep cookies of two ports of `localhost` apart. */
  readonly name: string;
  readonly look: Look;
  readonly store: TokenStore;
  readonly key: SigningKey;
  readonly cookieKey: string;
  readonly clients: readonly ClientMetadata[];
  readonly accessTokenTtlSeconds: number;
}

/** Features that both providers have, or both lack. */
export const SHARED_FEATURES = {
  devInteractions: { enabled: false },
  dPoP: { enabled: false },
  pushedAuthorizationRequests: { enabled: false },
  rpInitiatedLogout: { enabled: false },
  revocation: {
    enabled: true,
    allowedPolicy: (
      _context: unknown,
      client: { clientId: string },
      token: { clientId?: string | undefined },
    ) => client.clientId === token.clientId,
  },
};

/** The common part of both providers' oidc-provider configuration. */
export function providerConfiguration(basics: ProviderBasics): Omit<Configuration, 'features'> {
  const names = { session: 'session', interaction: 'interaction', resume: 'resume' };
  return {
    adapter: basics.store.adapter,
    jwks: { keys: [{ ...basics.key.privateJwk, kty: 'EC' }] },
    clients: [...basics.clients],
    clientDefaults: { id_token_signed_response_alg: SIGNING_ALGORITHM, response_types: ['code'] },
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    cookies: {
      keys: [basics.cookieKey],
      names: Object.fromEntries(
        Object.entries(names).map(([kind, name]) => [kind, `${basics.name}_${name}`]),
      ),
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    renderError: (context, out) => {
      context.type = 'html';
      context.body = problemPage(basics.look, [out.error, out.error_description].filter(Boolean).join(': '));
    },
    clientBasedCORS: () => false,
    issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    // Signing out of the provider's pages does not take the client's tokens away.
    expiresWithSession: () => false,
    ttl: {
      AccessToken: basics.accessTokenTtlSeconds,
      AuthorizationCode: 60,
      IdToken: HOUR_SECONDS,
      RefreshToken: 14 * DAY_SECONDS,
      Grant: 14 * DAY_SECONDS,
      Session: DAY_SECONDS,
      Interaction: HOUR_SECONDS,
    },
  };
}
