/**
 * A program around the npm package oidc-provider, with its default settings and its own development pages. What it remembers
 * is kept in a file, so that it can be started again with other keys. Its settings come as JSON in OIDC_PROVIDER.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

/** @type {{issuer: string, port: number, adminPort: number, clients: import('oidc-provider').ClientMetadata[], apiScope?: string, audience?: string, groups?: Record<string, readonly string[]>, keysFile: string, storeFile: string}} */
const settings = JSON.parse(process.env.OIDC_PROVIDER ?? '{}');

/** @type {Map<string, {payload: import('oidc-provider').AdapterPayload, expiresAtMs: number}>} */
const store = new Map(read(settings.storeFile));

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}

const keep = () => writeFileSync(settings.storeFile, JSON.stringify([...store]), { mode: 0o600 });

/** Clients that registered themselves have no end. */
const FOR_GOOD_SECONDS = 365 * 86_400;

/** What oidc-provider remembers, one of these for each kind of thing. */
class FileAdapter {
  constructor(model) {
    this.model = model;
  }

  #find(matches) {
    for (const [key, { payload, expiresAtMs }] of store)
      if (key.startsWith(`${this.model} `) && matches(key, payload) && Date.now() < expiresAtMs)
        return payload;
    return undefined;
  }

  async find(id) {
    return this.#find((key) => key === `${this.model} ${id}`);
  }

  async findByUid(uid) {
    return this.#find((_key, payload) => payload.uid === uid);
  }

  async findByUserCode(userCode) {
    return this.#find((_key, payload) => payload.userCode === userCode);
  }

  async upsert(id, payload, expiresIn) {
    store.set(`${this.model} ${id}`, {
      payload,
      expiresAtMs: Date.now() + (expiresIn ?? FOR_GOOD_SECONDS) * 1000,
    });
    keep();
  }

  async consume(id) {
    const payload = await this.find(id);
    if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
    keep();
  }

  async destroy(id) {
    store.delete(`${this.model} ${id}`);
    keep();
  }

  async revokeByGrantId(grantId) {
    for (const [key, { payload }] of store)
      if (key.startsWith(`${this.model} `) && payload.grantId === grantId) store.delete(key);
    keep();
  }
}

/**
 * As an authorization server of MCP servers: clients register themselves, programs get tokens for themselves, and access tokens
 * are signed and made for one resource (RFC 7591; RFC 6749 section 4.4; RFC 8707, RFC 9068).
 * @param {string} scope of the resources
 * @returns {import('oidc-provider').Configuration['features']}
 */
const forResources = (scope) => ({
  registration: { enabled: true },
  clientCredentials: { enabled: true },
  resourceIndicators: {
    enabled: true,
    getResourceServerInfo: (_context, resource) => ({
      scope,
      audience: settings.audience ?? resource,
      accessTokenFormat: 'jwt',
    }),
    useGrantedResource: () => true,
  },
});

const provider = new Provider(settings.issuer, {
  adapter: FileAdapter,
  clients: settings.clients,
  jwks: { keys: JSON.parse(readFileSync(settings.keysFile, 'utf8')) },
  ...(settings.apiScope === undefined ? {} : { scopes: ['openid', 'offline_access', settings.apiScope] }),
  extraTokenClaims(_context, token) {
    const groups = 'accountId' in token ? settings.groups?.[token.accountId] : undefined;
    return groups === undefined ? undefined : { groups };
  },
  features: {
    // The one endpoint that has to be switched on.
    revocation: { enabled: true },
    ...(settings.apiScope === undefined ? {} : forResources(settings.apiScope)),
  },
});

const handle = provider.callback();

/** For its operator: `POST /end-grants?login=…`. */
async function administer(request, response) {
  const login = new URL(request.url, settings.issuer).searchParams.get('login');
  for (const [key, { payload }] of [...store])
    if (key.startsWith('Grant ') && payload.accountId === login)
      await (await provider.Grant.find(key.slice('Grant '.length)))?.destroy();
  response.writeHead(204).end();
}

const servers = [
  createServer((request, response) => void handle(request, response)),
  createServer((request, response) => void administer(request, response)),
];
servers[0].listen(settings.port, '127.0.0.1');
servers[1].listen(settings.adminPort, '127.0.0.1');

process.stdin.once('close', () => process.exit(0)).resume();
