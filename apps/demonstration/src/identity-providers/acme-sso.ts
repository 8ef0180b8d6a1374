import type { Secret } from '@gatehouse/kernel/secret';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import Provider, { errors, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { EndpointName } from '../control/faults.js';
import type { ControlledPart, TestControl } from '../control/test-control.js';
import { bearerToken, sendJson } from '../http/messages.js';
import { makeSigningKey, SIGNING_ALGORITHM, type SigningKey } from '../http/signing-key.js';
import { ACME_LOOK } from './looks.js';
import { personBySubject, type Directory } from './people.js';
import { providerConfiguration, SHARED_FEATURES } from './provider-configuration.js';
import { providerListener } from './provider-listener.js';
import { TokenStore } from './token-store.js';

/** The resource that Acme's access tokens are for. */
export const ACME_API = 'urn:acme:api';

const SCOPES = ['openid', 'profile', 'email', 'groups', 'offline_access'];

const DIRECTORY: Directory = { subjectPrefix: 'acme-', emailDomain: 'acme.example', organisation: 'Acme' };

const ENDPOINTS: Readonly<Record<string, EndpointName>> = {
  '/authorize': 'authorization',
  '/token': 'token',
  '/userinfo': 'userinfo',
  '/jwks': 'jwks',
  '/revoke': 'revocation',
  '/.well-known/openid-configuration': 'discovery',
  '/.well-known/oauth-authorization-server': 'discovery',
};

export interface AcmeSsoOptions {
  readonly url: string;
  /** Where browsers reach the authorization endpoint, when that is elsewhere. */
  readonly browserUrl: string | undefined;
  readonly callbackUrls: readonly string[];
  readonly clientSecret: Secret;
  readonly accessTokenTtlSeconds: number;
}

/** Acme's single sign-on: OpenID Connect, signed access tokens for {@link ACME_API}. */
export async function acmeSso(
  options: AcmeSsoOptions,
  control: TestControl | undefined,
): Promise<{ listener: RequestListener; controlled: ControlledPart }> {
  const key = await makeSigningKey();
  const store = new TokenStore();
  const provider = new Provider(options.url, configuration(options, key, store, control));
  provider.use(async (context, next) => {
    await next();
    if (options.browserUrl !== undefined) moveAuthorizationEndpoint(context.body, options.browserUrl);
  });
  const listener = providerListener(
    {
      part: 'acme-sso',
      provider,
      look: ACME_LOOK,
      directory: DIRECTORY,
      endpoints: ENDPOINTS,
      userinfoPath: '/userinfo',
      userinfo: userinfo(options.url, key, control),
      hidden: [],
      callbackUrls: options.callbackUrls,
      sendsIssuer: true,
    },
    control,
  );
  return {
    listener,
    controlled: {
      expireAccessTokens: () => control?.endSignedTokens('acme-sso') ?? 0,
      revokeRefreshTokens: store.revokeRefreshTokens,
    },
  };
}

function configuration(
  options: AcmeSsoOptions,
  key: SigningKey,
  store: TokenStore,
  control: TestControl | undefined,
): Configuration {
  const shared = providerConfiguration({
    name: 'acme',
    look: ACME_LOOK,
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
      },
    ],
    accessTokenTtlSeconds: options.accessTokenTtlSeconds,
  });
  return {
    ...shared,
    ...directory(control),
    discovery: { userinfo_endpoint: `${options.url}/userinfo` },
    routes: {
      authorization: '/authorize',
      token: '/token',
      jwks: '/jwks',
      revocation: '/revoke',
    },
    pkce: { required: () => true },
    features: {
      ...SHARED_FEATURES,
      // Tokens for an API cannot be shown to oidc-provider's own userinfo endpoint; ours takes them.
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => ACME_API,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: KoaContextWithOIDC, resource: string) => {
          if (resource !== ACME_API) throw new errors.InvalidTarget();
          return {
            scope: SCOPES.join(' '),
            audience: ACME_API,
            accessTokenTTL: options.accessTokenTtlSeconds,
            accessTokenFormat: 'jwt' as const,
            jwt: { sign: { alg: SIGNING_ALGORITHM } },
          };
        },
      },
    },
  };
}

/** Who there is, and what is said of them. */
const directory = (
  control: TestControl | undefined,
): Pick<Configuration, 'scopes' | 'claims' | 'conformIdTokenClaims' | 'findAccount'> => ({
  scopes: SCOPES,
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username'],
    email: ['email', 'email_verified'],
    groups: ['groups'],
  },
  conformIdTokenClaims: false,
  findAccount: (_context, subject) => {
    const person = personBySubject(DIRECTORY, subject);
    return person === undefined
      ? undefined
      : { accountId: subject, claims: () => ({ ...claimsOf(person, control) }) };
  },
});

const claimsOf = (
  person: NonNullable<ReturnType<typeof personBySubject>>,
  control: TestControl | undefined,
): { sub: string } => ({
  sub: person.subject,
  ...{ groups: control?.groups.get(person.login) ?? ['everybody'] },
  ...{ name: person.name, preferred_username: person.login, email: person.email, email_verified: true },
});

/** OpenID Connect Core 1.0, section 5.3, for the signed access tokens of this provider. */
function userinfo(issuer: string, key: SigningKey, control: TestControl | undefined) {
  const keys = createLocalJWKSet({ keys: [key.publicJwk] });
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const token = bearerToken(request);
    const person = token === undefined || control?.isEnded(token) ? undefined : await holder(token);
    if (person === undefined) {
      const challenge = token === undefined ? 'Bearer' : 'Bearer error="invalid_token"';
      sendJson(response, 401, { error: 'invalid_token' }, { 'www-authenticate': challenge });
    } else sendJson(response, 200, claimsOf(person, control));
  };

  async function holder(token: string): Promise<ReturnType<typeof personBySubject>> {
    try {
      const checks = { issuer, audience: ACME_API, typ: 'at+jwt', algorithms: [SIGNING_ALGORITHM] };
      const { payload } = await jwtVerify(token, keys, checks);
      return personBySubject(DIRECTORY, payload.sub ?? '');
    } catch {
      return undefined; // every way to be wrong is the same answer
    }
  }
}

function moveAuthorizationEndpoint(body: unknown, browserUrl: string): void {
  if (typeof body !== 'object' || body === null || !('authorization_endpoint' in body)) return;
  body.authorization_endpoint = `${browserUrl}/authorize`;
}
