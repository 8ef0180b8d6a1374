import type { ServerResponse } from 'node:http';
import {
  createRemoteJWKSet,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  type GenerateKeyPairResult,
  type JWTPayload,
} from 'jose';
import { HttpStub, sendJson, type StubRequest } from './http-stub.js';

const ALGORITHM = 'ES256';
const KEY_ID = 'key-of-the-idp';
const TYPE = 'oauth-id-jag+jwt';
/** The client at the issuer of id_tokens. */
const AUDIENCE = 'gatehouse';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag';
const GRANTS = {
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  assertion: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
} as const;

/** What an identity provider may do wrong with an assertion. */
export interface Bent {
  readonly typ?: string;
  readonly claims?: JWTPayload;
  readonly answer?: Readonly<Record<string, unknown>>;
}

type Refusal = Readonly<Record<string, unknown>> & { readonly error: string };

/** A token endpoint that demands its client's secret, and whose every answer can be replaced. */
abstract class SecretEndpoint extends HttpStub {
  readonly requests: URLSearchParams[] = [];
  /** Answers in the place of everything else: status and body. */
  instead: readonly [number, object] | undefined;
  readonly clientId: string;
  readonly clientSecret: string;

  constructor(name: string) {
    super();
    this.clientId = `gatehouse-at-${name}`;
    this.clientSecret = `secret-at-${name}`;
  }

  get tokenUrl(): string {
    return `${this.origin}/token`;
  }

  protected abstract grant(form: URLSearchParams): Promise<object>;

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(request.body);
    this.requests.push(form);
    if (this.instead !== undefined) {
      sendJson(response, ...this.instead);
      return;
    }
    const basic = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64');
    const [id, secret] = basic.toString().split(':').map(decodeURIComponent);
    if (id !== this.clientId || secret !== this.clientSecret) {
      sendJson(response, 401, { error: 'invalid_client' });
      return;
    }
    const answer = await this.grant(form).catch((): Refusal => ({ error: 'invalid_grant' }));
    sendJson(response, 'error' in answer ? 400 : 200, answer);
  }
}

/** Gives assertions (ID-JAG) for id_tokens that an issuer signed for the gateway. */
export class AssertingIdp extends SecretEndpoint {
  bent: Bent = {};
  readonly keys: Promise<GenerateKeyPairResult>;
  /** The audience that it knows, its client there, and its resources. */
  target: { readonly audience: string; readonly clientId: string } | undefined;

  /** Whose id_tokens it takes. */
  trusts = { issuer: '', jwksUrl: '' };
  /** Paths of what was fetched from it: its metadata, its keys. */
  readonly fetched: string[] = [];
  /** Answers in the place of its metadata and keys. */
  publishes: readonly [number, object] | undefined;

  constructor() {
    super('idp');
    this.keys = generateKeyPair(ALGORITHM);
  }

  get jwksUrl(): string {
    return `${this.origin}/jwks`;
  }

  /** An assertion of it. @param change of its claims; `undefined` leaves one out */
  async assertion(
    change: Readonly<Record<string, unknown>>,
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const { privateKey } = await this.keys;
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: this.origin,
      jti: crypto.randomUUID(),
      iat: nowSeconds,
      exp: nowSeconds + 60,
      ...change,
    };
    return await new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID, typ: TYPE, ...header })
      .sign(privateKey);
  }

  /** An id_token that it issued itself: for whom an application has signed in there. */
  async idToken(subject: string): Promise<string> {
    return await this.assertion({ sub: subject, aud: AUDIENCE }, { typ: 'JWT' });
  }

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET') {
      await super.answer(request, response);
      return;
    }
    const { pathname } = request.url;
    this.fetched.push(pathname);
    const keys = [
      { ...(await exportJWK((await this.keys).publicKey)), kid: KEY_ID, alg: ALGORITHM, use: 'sig' },
    ];
    const documents = new Map<string, object>([
      ['/.well-known/openid-configuration', { issuer: this.origin, jwks_uri: this.jwksUrl }],
      ['/jwks', { keys }],
    ]);
    const document = documents.get(pathname);
    const published: readonly [number, object] = document === undefined ? [404, {}] : [200, document];
    sendJson(response, ...(this.publishes ?? published));
  }

  protected override async grant(form: URLSearchParams): Promise<object> {
    const wanted = [form.get('grant_type'), form.get('requested_token_type'), form.get('subject_token_type')];
    if (wanted.join() !== [GRANTS.exchange, ID_JAG, ID_TOKEN].join()) return { error: 'invalid_request' };
    const { payload } = await jwtVerify(
      form.get('subject_token') ?? '',
      createRemoteJWKSet(new URL(this.trusts.jwksUrl)),
      { issuer: this.trusts.issuer, audience: AUDIENCE },
    );
    if (form.get('audience') !== this.target?.audience) return { error: 'invalid_target' };
    const claims = {
      sub: payload.sub ?? '',
      aud: this.target.audience,
      client_id: this.target.clientId,
      resource: form.get('resource') ?? undefined,
      scope: form.get('scope') ?? undefined,
      ...this.bent.claims,
    };
    const assertion = await this.assertion(claims, this.bent.typ === undefined ? {} : { typ: this.bent.typ });
    return {
      access_token: assertion,
      issued_token_type: ID_JAG,
      token_type: 'N_A',
      expires_in: 60,
      ...this.bent.answer,
    };
  }
}

/** The authorization server of a backend: believes one identity provider, each assertion once. */
export class AssertionTarget extends SecretEndpoint {
  readonly #seen = new Set<string>();
  readonly #keys = generateKeyPair(ALGORITHM);

  constructor(private readonly idp: AssertingIdp) {
    super('target');
  }

  override async start(): Promise<this> {
    await super.start();
    this.idp.target = { audience: this.origin, clientId: this.clientId };
    return this;
  }

  /** Who a token of it is for. */
  async claimsOf(token: string): Promise<JWTPayload> {
    const { publicKey } = await this.#keys;
    return (await jwtVerify(token, publicKey, { issuer: this.origin, typ: 'at+jwt' })).payload;
  }

  protected override async grant(form: URLSearchParams): Promise<object> {
    if (form.get('grant_type') !== GRANTS.assertion) return { error: 'unsupported_grant_type' };
    const { publicKey } = await this.idp.keys;
    const { payload } = await jwtVerify(form.get('assertion') ?? '', publicKey, {
      issuer: this.idp.origin,
      audience: this.origin,
      typ: TYPE,
      requiredClaims: ['jti', 'exp', 'sub'],
    });
    const { jti = '', sub = '', client_id: clientId, resource, scope } = payload;
    if (clientId !== this.clientId || this.#seen.has(jti)) return { error: 'invalid_grant' };
    this.#seen.add(jti);
    const { privateKey } = await this.#keys;
    const token = await new SignJWT({ iss: this.origin, sub, resource, scope })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'at+jwt' })
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
    return { access_token: token, token_type: 'Bearer', expires_in: 300 };
  }
}
