import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from '@gatehouse/kernel/digest';
import { randomToken } from '@gatehouse/kernel/ids';
import { parametersIn, type TokenRequest } from './stub-request.js';
import { idTokenOfSecret, newSigner, type StubSigner } from './stub-signer.js';

export type Endpoint = 'discovery' | 'jwks' | 'token' | 'userinfo' | 'revoke';
export type Misbehaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  form: URLSearchParams,
  body?: string,
) => unknown;

interface Code {
  readonly login: string;
  readonly nonce?: string;
  readonly challenge: string;
  readonly redirectUri: string;
  readonly scope: string;
}

/** What a grant is worth now. */
export interface Issued {
  readonly login: string;
  /** What was redeemed for it. */
  readonly grant: 'code' | 'refresh';
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly idToken: string;
  readonly seconds: number | undefined;
  readonly scope: string;
}

interface Grant {
  readonly login: string;
  readonly scope: string;
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
  /** Every request of the token endpoint. */
  readonly tokenRequests: TokenRequest[] = [];
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
  /** The `kid` of its id_tokens, whatever key signs them; absent: that key's. */
  namesKey: string | undefined;
  /** Signs with this client secret (HS256) instead. */
  idTokenSecret: string | undefined;
  issuer = '';
  /** What it sends as `iss`; empty: its issuer. */
  saidIssuer = '';
  readonly #codes = new Map<string, Code>();
  readonly #grants: Grant[] = [];
  readonly #accessTokens = new Map<string, string>();
  #server: Server | undefined;
  #port = 0;
  #signer: StubSigner | undefined;

  get publicKey(): object {
    return this.#signer?.jwk ?? {};
  }

  /** Signs with a new key from now on, and publishes that one only. */
  async changeKey(): Promise<void> {
    this.#signer = await newSigner();
  }

  async start(): Promise<this> {
    if (this.#signer === undefined) await this.changeKey();
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
    this.tokenRequests.length = 0;
    this.misbehave.clear();
    Object.assign(this, {
      accessTokenSeconds: 300,
      rotates: true,
      givesRefreshToken: true,
      sendsIssuer: 'in-openid',
      promisesIssuer: true,
      claims: {},
      signsWithUnpublishedKey: false,
      namesKey: undefined,
      idTokenSecret: undefined,
    });
  }

  /** Nothing listens any more; {@link StubProvider.start} brings it back at the same address. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    await new Promise<void>((done) => (server === undefined ? done() : server.close(() => done())));
  }

  /** A JWT of its own, signed as its id_tokens are. */
  async signed(claims: Record<string, unknown>, typ?: string): Promise<string> {
    if (this.#signer === undefined) throw new Error('not started');
    return await this.#signer.sign({ iss: this.issuer, ...claims }, this.namesKey, typ);
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
      scope: this.scopeIn(searchParams),
      ...(nonce === null ? {} : { nonce }),
    });
    return new URLSearchParams({
      code,
      state: searchParams.get('state') ?? '',
      ...(says ? { iss: this.saidIssuer || this.issuer } : {}),
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
    const body = Buffer.concat(chunks).toString();
    const form = parametersIn(body);
    const path = new URL(request.url ?? '/', this.issuer).pathname;
    const asked = { method: request.method ?? '', path, headers: request.headers, body, form };
    const endpoint = this.endpointAt(path);
    if (endpoint === undefined) return send(response, 404, {});
    if (endpoint === 'discovery') this.counts.discovery += 1;
    const bent = this.misbehave.get(endpoint);
    if (bent !== undefined && (await bent(request, response, form, body)) !== 'as-usual') return 'bent';
    switch (endpoint) {
      case 'discovery':
        return send(response, 200, this.metadata());
      case 'jwks':
        return send(response, 200, { keys: [this.publicKey] });
      case 'userinfo':
        return this.userInfo(this.#loginOf(request), asked, response);
      case 'revoke':
        this.counts.revoke += 1;
        this.revoked.push(form.get('token') ?? '');
        return send(response, 200, {});
      case 'token': {
        this.tokenRequests.push(asked);
        const refused = this.refusalOf(asked);
        return refused === undefined ? await this.#token(form, response) : send(response, ...refused);
      }
    }
  }

  protected endpointAt(path: string): Endpoint | undefined {
    return ENDPOINTS[path];
  }

  protected scopeIn(parameters: URLSearchParams): string {
    return parameters.get('scope') ?? '';
  }

  /** Why a request of the token endpoint is not even looked at: status and body. */
  protected refusalOf({ form }: TokenRequest): readonly [number, object] | undefined {
    return form.has('grant_type') ? undefined : [400, { error: 'invalid_request' }];
  }

  /** The answer to a code or refresh token that is worth nothing. */
  protected deadGrant(): readonly [number, object] {
    return [400, { error: 'invalid_grant' }];
  }

  protected tokenAnswer({ accessToken, refreshToken, idToken, seconds }: Issued): object {
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      id_token: idToken,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      ...(seconds === undefined ? {} : { expires_in: seconds }),
    };
  }

  protected metadata(): object {
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

  #loginOf(request: IncomingMessage): string | undefined {
    return this.#accessTokens.get((request.headers.authorization ?? '').replace('Bearer ', ''));
  }

  protected userInfo(login: string | undefined, _request: TokenRequest, response: ServerResponse): unknown {
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
        if (code === undefined || !redeems(form, code)) return send(response, ...this.deadGrant());
        const { login, scope } = code;
        const grant = { login, scope, refreshToken: randomToken(), revoked: false };
        this.#grants.push(grant);
        return send(response, 200, this.tokenAnswer(await this.#issue(grant, 'code', code.nonce)));
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
    if (grant === undefined || grant.revoked) return send(response, ...this.deadGrant());
    if (this.rotates) {
      this.#used.set(token, grant);
      grant.refreshToken = randomToken();
    }
    return send(response, 200, this.tokenAnswer(await this.#issue(grant, 'refresh')));
  }

  async #issue(
    { login, scope, refreshToken }: Grant,
    grant: Issued['grant'],
    nonce?: string,
  ): Promise<Issued> {
    const accessToken = `access-${login}-${randomToken(8)}`;
    this.#accessTokens.set(accessToken, login);
    return {
      login,
      grant,
      accessToken,
      refreshToken: this.givesRefreshToken ? refreshToken : undefined,
      idToken: await this.#idToken(login, nonce),
      seconds: this.accessTokenSeconds,
      scope,
    };
  }

  async #idToken(login: string, nonce: string | undefined): Promise<string> {
    const claims = {
      iss: this.issuer,
      sub: `stub-${login}`,
      name: login,
      email: `${login}@stub.example`,
      nonce,
      ...this.claims,
    };
    if (this.idTokenSecret !== undefined) return await idTokenOfSecret(claims, this.idTokenSecret);
    const published = this.#signer;
    if (published === undefined) throw new Error('not started');
    // It claims to be the published one.
    const signer = this.signsWithUnpublishedKey ? await newSigner(published.jwk.kid) : published;
    return await signer.sign(claims, this.namesKey);
  }
}

/** RFC 6749 section 4.1.3 and RFC 7636 section 4.6. */
const redeems = (form: URLSearchParams, { redirectUri, challenge }: Code): boolean =>
  form.get('redirect_uri') === redirectUri &&
  (challenge === '' ? !form.has('code_verifier') : sha256(form.get('code_verifier') ?? '') === challenge);

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/.well-known/openid-configuration': 'discovery',
  '/jwks': 'jwks',
  '/token': 'token',
  '/refresh': 'token',
  '/userinfo': 'userinfo',
  '/revoke': 'revoke',
};

/** A JSON answer. */
export function send(response: ServerResponse, status: number, body: object): 'sent' {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  return 'sent';
}
