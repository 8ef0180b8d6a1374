import type { Secret } from '@gatehouse/kernel/secret';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import Provider, { type Configuration } from 'oidc-provider';
import type { EndpointName } from '../control/faults.js';
import type { ControlledPart, TestControl } from '../control/test-control.js';
import { bearerToken, sendJson } from '../http/messages.js';
import { makeSigningKey, type SigningKey } from '../http/signing-key.js';
import { OCTO_LOOK } from './looks.js';
import { personBySubject, type Directory } from './people.js';
import { providerConfiguration, SHARED_FEATURES } from './provider-configuration.js';
import { providerListener } from './provider-listener.js';
import { TokenStore } from './token-store.js';

export const OCTO_INTROSPECTION_PATH = '/login/oauth/introspect';
export const OCTO_INTROSPECTION_CLIENT = 'repos-backend';

const SCOPES = ['repo', 'read:user'];

const DIRECTORY: Directory = { subjectPrefix: 'octo-', emailDomain: 'octo.example', organisation: 'Octo' };

const ENDPOINTS: Readonly<Record<string, EndpointName>> = {
  '/login/oauth/authorize': 'authorization',
  '/login/oauth/access_token': 'token',
  [OCTO_INTROSPECTION_PATH]: 'introspection',
  '/login/oauth/revoke': 'revocation',
  '/user': 'userinfo',
};

export interface OctoOptions {
  readonly url: string;
  readonly callbackUrls: readonly string[];
  readonly clientSecret: Secret;
  readonly introspectionClientSecret: Secret;
  readonly accessTokenTtlSeconds: number;
  /** Left out: a provider older than RFC 9207, which does not name itself in its redirects. */
  readonly sendsIssuer?: boolean;
}

/** Octo: plain OAuth 2 without discovery or ID tokens, opaque access tokens, refresh tokens that work once. */
export async function octo(
  options: OctoOptions,
  control: TestControl | undefined,
): Promise<{ listener: RequestListener; controlled: ControlledPart }> {
  const { sendsIssuer = false } = options;
  const store = new TokenStore();
  const provider = new Provider(options.url, configuration(options, await makeSigningKey(), store));
  provider.use(async (context, next) => {
    await next();
    if (sendsIssuer) return;
    const location = context.res.getHeader('location');
    if (typeof location === 'string' && options.callbackUrls.some((url) => location.startsWith(`${url}?`))) {
      const target = new URL(location);
      target.searchParams.delete('iss');
      context.set('location', target.href);
    }
  });
  const listener = providerListener(
    {
      part: 'octo',
      provider,
      look: OCTO_LOOK,
      directory: DIRECTORY,
      endpoints: ENDPOINTS,
      userinfoPath: '/user',
      userinfo: (request, response) => user(provider, request, response),
      hidden: ['/jwks', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
      callbackUrls: options.callbackUrls,
      sendsIssuer,
    },
    control,
  );
  return {
    listener,
    controlled: {
      expireAccessTokens: store.expireAccessTokens,
      revokeRefreshTokens: store.revokeRefreshTokens,
    },
  };
}

function configuration(options: OctoOptions, key: SigningKey, store: TokenStore): Configuration {
  const shared = providerConfiguration({
    name: 'octo',
    look: OCTO_LOOK,
    store,
    key,
    cookieKey: randomBytes(32).toString('base64url'),
    clients: [
      {
        client_id: 'gatehouse',
        client_name: 'Gatehouse',
        client_secret: options.clientSecret.reveal(),
        redirect_uris: [...options.callbackUrls],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: SCOPES.join(' '),
      },
      {
        client_id: OCTO_INTROSPECTION_CLIENT,
        client_secret: options.introspectionClientSecret.reveal(),
        redirect_uris: [],
        grant_types: [],
        response_types: [],
      },
    ],
    accessTokenTtlSeconds: options.accessTokenTtlSeconds,
  });
  return {
    ...shared,
    scopes: SCOPES,
    routes: {
      authorization: '/login/oauth/authorize',
      token: '/login/oauth/access_token',
      introspection: OCTO_INTROSPECTION_PATH,
      revocation: '/login/oauth/revoke',
    },
    pkce: { required: () => false },
    findAccount: (_context, subject) =>
      personBySubject(DIRECTORY, subject) === undefined
        ? undefined
        : { accountId: subject, claims: () => ({ sub: subject }) },
    features: {
      ...SHARED_FEATURES,
      userinfo: { enabled: false },
      resourceIndicators: { enabled: false },
      introspection: {
        enabled: true,
        // Octo's own API may ask about any token, a client only about its own.
        allowedPolicy: (_context, client, token) =>
          client.clientId === OCTO_INTROSPECTION_CLIENT || client.clientId === token.clientId,
      },
    },
  };
}

/** `GET /user`: who the token's owner is, in the words of this provider's own API. */
async function user(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const value = bearerToken(request);
  const token = value === undefined ? undefined : await provider.AccessToken.find(value);
  const grant = token?.isValid && token.grantId ? await provider.Grant.find(token.grantId) : undefined;
  const person = grant === undefined ? undefined : personBySubject(DIRECTORY, token?.accountId ?? '');
  if (person === undefined) {
    const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
    sendJson(response, 401, { message: 'Bad credentials' }, challenge);
  } else if (!token?.scopes.has('read:user')) {
    const challenge = { 'www-authenticate': 'Bearer error="insufficient_scope", scope="read:user"' };
    sendJson(response, 403, { message: 'read:user is needed' }, challenge);
  } else {
    const { subject, login, name, email } = person;
    sendJson(response, 200, { id: subject, login, name, email });
  }
}
