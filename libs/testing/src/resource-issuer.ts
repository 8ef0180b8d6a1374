import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  jwtVerify,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose';
import Provider, { errors, type Adapter, type AdapterPayload, type Configuration } from 'oidc-provider';

const SECONDS = 60;
const ALGORITHM = 'ES256';

/** An authorization server (oidc-provider) at which clients get JWTs for resources in their own name (RFC 6749 section 4.4). */
export class ResourceIssuer {
  /** Parameters of the requests that it answered with a token. */
  readonly requests: Readonly<Record<string, unknown>>[] = [];
  /** PEM of the private key of the client `keyed`. */
  clientKey = '';
  #server: Server | undefined;
  #publicKey: CryptoKey | undefined;
  issuer = '';

  get tokenUrl(): string {
    return `${this.issuer}/token`;
  }

  async start(resources: Readonly<Record<string, string>>): Promise<this> {
    const signing = await generateKeyPair(ALGORITHM, { extractable: true });
    const client = await generateKeyPair(ALGORITHM, { extractable: true });
    this.#publicKey = signing.publicKey;
    this.clientKey = await exportPKCS8(client.privateKey);
    const server = createServer((request, response) => {
      void callback(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    this.#server = server;
    this.issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
    const clients = clientsOf({ ...(await exportJWK(client.publicKey)), kid: 'key-1' });
    const provider = new Provider(this.issuer, {
      ...configuration(resources),
      jwks: { keys: [{ ...(await exportJWK(signing.privateKey)), kty: 'EC' }] },
      adapter: adapterWith(clients),
    });
    provider.on('grant.success', ({ oidc }) => this.requests.push({ ...oidc.params }));
    const callback = provider.callback();
    return this;
  }

  /** The claims of a token that it issued for a resource. */
  async claimsOf(token: string, audience: string): Promise<JWTPayload> {
    if (this.#publicKey === undefined) throw new Error('not started');
    const { payload } = await jwtVerify(token, this.#publicKey, {
      issuer: this.issuer,
      audience,
      typ: 'at+jwt',
    });
    return payload;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((done) =>
      this.#server === undefined ? done() : this.#server.close(() => done()),
    );
  }
}

/** One for each way to prove itself. */
function clientsOf(key: JWK): ReadonlyMap<string, AdapterPayload> {
  const own = { grant_types: ['client_credentials'], response_types: [], redirect_uris: [] };
  return new Map<string, AdapterPayload>([
    ['by-header', { ...own, client_id: 'by-header', client_secret: 'secret: of %20 by-header' }],
    [
      'by-body',
      {
        ...own,
        client_id: 'by-body',
        client_secret: 'secret-of-by-body',
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    [
      'keyed',
      {
        ...own,
        client_id: 'keyed',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: ALGORITHM,
        jwks: { keys: [key] },
      },
    ],
  ]);
}

/** What it remembers, in memory. Clients that stand in its configuration are copied into another realm, where they are no plain objects. */
function adapterWith(clients: ReadonlyMap<string, AdapterPayload>): (model: string) => Adapter {
  const kept = new Map<string, AdapterPayload>();
  const nothing = async (): Promise<undefined> => await Promise.resolve(undefined);
  return (model) => ({
    find: async (id) =>
      await Promise.resolve(model === 'Client' ? clients.get(id) : kept.get(`${model} ${id}`)),
    upsert: async (id, payload) => {
      kept.set(`${model} ${id}`, payload);
      await Promise.resolve();
    },
    findByUserCode: nothing,
    findByUid: nothing,
    consume: nothing,
    destroy: nothing,
    revokeByGrantId: nothing,
  });
}

/** @param resources the scopes of each */
const configuration = (resources: Readonly<Record<string, string>>): Configuration => ({
  clientDefaults: { id_token_signed_response_alg: ALGORITHM },
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  scopes: Object.values(resources).flatMap((scopes) => scopes.split(' ')),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => {
        const scope = resources[resource];
        if (scope === undefined) throw new errors.InvalidTarget();
        return {
          scope,
          audience: resource,
          accessTokenTTL: SECONDS,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: ALGORITHM } },
        };
      },
    },
  },
  ttl: { ClientCredentials: SECONDS },
});
