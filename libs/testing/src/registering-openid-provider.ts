import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import Provider, { type Adapter, type AdapterPayload, type Configuration } from 'oidc-provider';

const ALGORITHM = 'ES256';
const KEY_ID = 'signing';
const HOUR_SECONDS = 3_600;

/** A client as it is registered there. */
export interface RegisteredThere {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly id_token_signed_response_alg: string;
  readonly token_endpoint_auth_method: string;
  readonly redirect_uris: readonly string[];
  readonly backchannel_logout_uri?: string;
}

/**
 * A provider of OpenID Connect (oidc-provider) at which clients register themselves. It lets everybody in as `login`, at once, and
 * signs with ES256 alone.
 */
export class RegisteringOpenIdProvider {
  login = 'alice';
  issuer = '';
  /** The grant types that its token endpoint answered with a token, with the client. */
  readonly granted: { readonly grantType: string; readonly clientId: string }[] = [];
  readonly #kept = new Map<string, AdapterPayload>();
  #server: Server | undefined;
  #key: CryptoKey | undefined;

  /** @param initialAccessToken without which nobody registers; absent: everybody does */
  constructor(private readonly initialAccessToken?: string) {}

  /** Those that it knows now. */
  get clients(): readonly RegisteredThere[] {
    return [...this.#kept]
      .filter(([key]) => key.startsWith('Client '))
      .map(([, payload]) => payload as unknown as RegisteredThere);
  }

  /** How many refresh tokens it knows, used ones too. */
  get refreshTokens(): number {
    return [...this.#kept.keys()].filter((key) => key.startsWith('RefreshToken ')).length;
  }

  /** Nothing is registered, and nobody is signed in. */
  reset(): void {
    this.#kept.clear();
    this.granted.length = 0;
  }

  forgetClients(): void {
    for (const key of this.#kept.keys()) if (key.startsWith('Client ')) this.#kept.delete(key);
  }

  async start(): Promise<this> {
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    this.#key = privateKey;
    const server = createServer((request, response) => {
      this.#answer(provider, request, response).catch(() => response.destroy());
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    this.#server = server;
    this.issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
    const jwk = { ...(await exportJWK(privateKey)), kty: 'EC', kid: KEY_ID };
    const provider = new Provider(this.issuer, {
      ...configuration(this.initialAccessToken),
      jwks: { keys: [jwk] },
      adapter: (model: string) => this.#adapter(model),
      loadExistingGrant: async ({ oidc }) => {
        const { session, client, provider: own } = oidc;
        if (session?.accountId === undefined || client === undefined) return undefined;
        const grant = new own.Grant({ accountId: session.accountId, clientId: client.clientId });
        grant.addOIDCScope('openid offline_access');
        await grant.save();
        return grant;
      },
    });
    provider.on('grant.success', ({ oidc }) => {
      const { grant_type: grantType } = oidc.params ?? {};
      this.granted.push({ grantType: String(grantType), clientId: oidc.client?.clientId ?? '' });
    });
    return this;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((done) =>
      this.#server === undefined ? done() : this.#server.close(() => done()),
    );
  }

  /** A JWT with the key of its id_tokens. */
  async signed(claims: Readonly<Record<string, unknown>>, typ = 'logout+jwt'): Promise<string> {
    if (this.#key === undefined) throw new Error('not started');
    return await new SignJWT({ iss: this.issuer, ...claims })
      .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID, typ })
      .setIssuedAt()
      .setExpirationTime('2m')
      .sign(this.#key);
  }

  async #answer(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith('/interaction/') === true)
      await provider.interactionFinished(request, response, {
        login: { accountId: this.login },
        // Native clients are asked for each time.
        consent: {},
      });
    else await provider.callback()(request, response);
  }

  #adapter(model: string): Adapter {
    const kept = this.#kept;
    const find = async (id: string) => await Promise.resolve(kept.get(`${model} ${id}`));
    const matching = async (field: 'uid' | 'userCode', value: string) =>
      await Promise.resolve(
        [...kept].find(([key, payload]) => key.startsWith(`${model} `) && payload[field] === value)?.[1],
      );
    return {
      find,
      findByUid: async (uid) => await matching('uid', uid),
      findByUserCode: async (userCode) => await matching('userCode', userCode),
      upsert: async (id, payload) => {
        kept.set(`${model} ${id}`, payload);
        await Promise.resolve();
      },
      consume: async (id) => {
        const payload = await find(id);
        if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1_000);
      },
      destroy: async (id) => {
        kept.delete(`${model} ${id}`);
        await Promise.resolve();
      },
      revokeByGrantId: async (grantId) => {
        for (const [key, payload] of kept)
          if (key.startsWith(`${model} `) && payload.grantId === grantId) kept.delete(key);
        await Promise.resolve();
      },
    };
  }
}

const configuration = (initialAccessToken: string | undefined): Configuration => ({
  clientDefaults: { response_types: ['code'] },
  responseTypes: ['code'],
  cookies: { keys: ['one key for a test'] },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
  findAccount: (_context, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, name: `Name of ${accountId}`, email: `${accountId}@acme.example` }),
  }),
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true, initialAccessToken: initialAccessToken ?? false },
    backchannelLogout: { enabled: true },
    revocation: {
      enabled: true,
      allowedPolicy: (_context, client, token) => client.clientId === token.clientId,
    },
  },
  ttl: {
    AccessToken: HOUR_SECONDS,
    IdToken: HOUR_SECONDS,
    RefreshToken: HOUR_SECONDS,
    Grant: HOUR_SECONDS,
    Session: HOUR_SECONDS,
    Interaction: HOUR_SECONDS,
  },
});
