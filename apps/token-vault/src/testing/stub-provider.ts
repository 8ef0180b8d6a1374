import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from '@gatehouse/kernel/digest';
import { randomToken } from '@gatehouse/kernel/ids';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';

export type Endpoint = 'discovery' | 'jwks' | 'token' | 'userinfo' | 'revoke';
export type Misbehaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  form: URLSearchParams,
) => unknown;

interface Code {
  readonly login: string;
  readonly nonce?: string;
  readonly challenge: string;
  readonly redirectUri: string;
}

interface Grant {
  readonly login: string;
  /** The one refresh token that is good now; a used one ends the grant, as at providers with reuse detection. */
  refreshToken: string;
  revoked: boolean;
}

/**
 * A real provider over HTTP whose every answer can be bent: OpenID Connect and plain OAuth 2 in one, rotating refresh
 * tokens with reuse detection, and an RFC 8693 endpoint. It counts what it is asked.
 */
export class StubProvider {
  readonly counts = { code: 0, refresh: 0, exchange: 0, revoke: 0, discovery: 0 };
  readonly revoked: string[] = [];
  readonly exchangeRequests: URLSearchParams[] = [];
  /** Every code that was presented, whoever issued it. */
  readonly codesSeen: string[] = [];
  readonly misbehave = new Map<Endpoint, Misbehaviour>();
  accessTokenSeconds: number | undefined = 300;
  rotates = true;
  givesRefreshToken = true;
  /** Which answers carry `iss` (RFC 9207), and whether the discovery document promises it. */
  sendsIssuer: 'always' | 'in-openid' | 'never' = 'in-openid';
  promisesIssuer = true;
  /** Claims laid over those of the id_token. */
  claims: Record<string, unknown> = {};
  /** Signs with a key that its key set does not have. */
  signsWithUnpublishedKey = false;
  issuer = '';
  readonly #codes = new Map<string, Code>();
  readonly #grants: Grant[] = [];
  readonly #accessTokens = new Map<string, string>();
  #server: Server | undefined;
  #port = 0;
  #key: CryptoKey | undefined;
  #jwk: JWK = {};

  /** Signs with a new key from now on, and publishes that one only. */
  async changeKey(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    this.#key = privateKey;
    this.#jwk = { ...(await exportJWK(publicKey)), kid: randomToken(4), alg: 'ES256', use: 'sig' };
  }

  async start(): Promise<this> {
    if (this.#key === undefined) await this.changeKey();
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server = server;
    await new Promise<void>((done) => server.listen(this.#port, '127.0.0.1', done));
    this.#port = (server.address() as AddressInfo).port;
    this.issuer = `http://localhost:${this.#port}`;
    return this;
  }

  /** Behaves again, and forgets what it counted; what it issued stays. */
  reset(): void {
    Object.assign(this.counts, { code: 0, refresh: 0, exchange: 0, revoke: 0, discovery: 0 });
    this.revoked.length = 0;
    this.exchangeRequests.length = 0;
    this.codesSeen.length = 0;
    this.misbehave.clear();
    Object.assign(this, {
      accessTokenSeconds: 300,
      rotates: true,
      givesRefreshToken: true,
      sendsIssuer: 'in-openid',
      promisesIssuer: true,
      claims: {},
      signsWithUnpublishedKey: false,
    });
  }

  /** Nothing listens any more; {@link StubProvider.start} brings it back at the same address. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    await new Promise<void>((done) => (server === undefined ? done() : server.close(() => done())));
  }

  /** What the browser would bring back after the login page of the authorization URL. */
  callbackQuery(authorizationUrl: string, login: string): string {
    const { searchParams } = new URL(authorizationUrl);
    const code = randomToken();
    const nonce = searchParams.get('nonce');
    const says = this.sendsIssuer === 'always' || (this.sendsIssuer === 'in-openid' && nonce !== null);
    this.#codes.set(code, {
      login,
      redirectUri: searchParams.get('redirect_uri') ?? '',
      challenge: searchParams.get('code_challenge') ?? '',
      ...(nonce === null ? {} : { nonce }),
    });
    return new URLSearchParams({
      code,
      state: searchParams.get('state') ?? '',
      ...(says ? { iss: this.issuer } : {}),
    }).toString();
  }

  /** Whether a refresh token would be accepted now. */
  get liveGrants(): number {
    return this.#grants.filter(({ revoked }) => !revoked).length;
  }

  endAllGrants(): void {
    for (const grant of this.#grants) grant.revoked = true;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const endpoint = ENDPOINTS[new URL(request.url ?? '/', this.issuer).pathname];
    if (endpoint === undefined) return send(response, 404, {});
    if (endpoint === 'discovery') this.counts.discovery += 1;
    const bent = this.misbehave.get(endpoint);
    if (bent !== undefined && (await bent(request, response, form)) !== 'as-usual') return 'bent';
    switch (endpoint) {
      case 'discovery':
        return send(response, 200, this.#metadata());
      case 'jwks':
        return send(response, 200, { keys: [this.#jwk] });
      case 'userinfo':
        return this.#userInfo(request, response);
      case 'revoke':
        this.counts.revoke += 1;
        this.revoked.push(form.get('token') ?? '');
        return send(response, 200, {});
      case 'token':
        return await this.#token(form, response);
    }
  }

  #metadata() {
    const { issuer } = this;
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      revocation_endpoint: `${issuer}/revoke`,
      userinfo_endpoint: `${issuer}/userinfo`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      authorization_response_iss_parameter_supported: this.promisesIssuer,
    };
  }

  #userInfo(request: IncomingMessage, response: ServerResponse): unknown {
    const login = this.#accessTokens.get((request.headers.authorization ?? '').replace('Bearer ', ''));
    if (login === undefined) return send(response, 401, {});
    return send(response, 200, {
      sub: `stub-${login}`,
      id: `stub-${login}`,
      name: login,
      email: `${login}@stub.example`,
    });
  }

  async #token(form: URLSearchParams, response: ServerResponse): Promise<unknown> {
    switch (form.get('grant_type')) {
      case 'authorization_code': {
        this.counts.code += 1;
        const presented = form.get('code') ?? '';
        this.codesSeen.push(presented);
        const code = this.#codes.get(presented);
        this.#codes.delete(presented);
        if (code === undefined || !redeems(form, code))
          return send(response, 400, { error: 'invalid_grant' });
        const grant = { login: code.login, refreshToken: randomToken(), revoked: false };
        this.#grants.push(grant);
        return send(response, 200, await this.#tokens(grant, code.nonce));
      }
      case 'refresh_token': {
        this.counts.refresh += 1;
        return await this.#refresh(form.get('refresh_token') ?? '', response);
      }
      default: {
        this.counts.exchange += 1;
        this.exchangeRequests.push(form);
        return send(response, 200, {
          access_token: `exchanged-${randomToken(8)}`,
          issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          token_type: 'Bearer',
          expires_in: this.accessTokenSeconds,
        });
      }
    }
  }

  readonly #used = new Map<string, Grant>();

  async #refresh(token: string, response: ServerResponse): Promise<unknown> {
    const replayed = this.#used.get(token);
    if (replayed !== undefined) replayed.revoked = true;
    const grant = this.#grants.find(({ refreshToken }) => refreshToken === token);
    if (grant === undefined || grant.revoked) return send(response, 400, { error: 'invalid_grant' });
    if (this.rotates) {
      this.#used.set(token, grant);
      grant.refreshToken = randomToken();
    }
    return send(response, 200, await this.#tokens(grant, undefined));
  }

  async #tokens(grant: Grant, nonce: string | undefined): Promise<object> {
    const accessToken = `access-${grant.login}-${randomToken(8)}`;
    this.#accessTokens.set(accessToken, grant.login);
    if (this.#key === undefined) throw new Error('not started');
    const key = this.signsWithUnpublishedKey ? (await generateKeyPair('ES256')).privateKey : this.#key;
    const issuedAt = Math.floor(Date.now() / 1_000);
    const idToken = await new SignJWT({
      iss: this.issuer,
      aud: 'gatehouse',
      iat: issuedAt,
      exp: issuedAt + 300,
      sub: `stub-${grant.login}`,
      name: grant.login,
      email: `${grant.login}@stub.example`,
      nonce,
      ...this.claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: this.#jwk.kid ?? '' })
      .sign(key);
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      id_token: idToken,
      ...(this.givesRefreshToken ? { refresh_token: grant.refreshToken } : {}),
      ...(this.accessTokenSeconds === undefined ? {} : { expires_in: this.accessTokenSeconds }),
    };
  }
}

/** RFC 6749 section 4.1.3 and RFC 7636 section 4.6. */
const redeems = (form: URLSearchParams, { redirectUri, challenge }: Code): boolean =>
  form.get('redirect_uri') === redirectUri && sha256(form.get('code_verifier') ?? '') === challenge;

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/.well-known/openid-configuration': 'discovery',
  '/jwks': 'jwks',
  '/token': 'token',
  '/userinfo': 'userinfo',
  '/revoke': 'revoke',
};

/** A JSON answer. */
export function send(response: ServerResponse, status: number, body: object): 'sent' {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  return 'sent';
}
