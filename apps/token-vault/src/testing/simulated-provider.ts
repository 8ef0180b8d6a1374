import type { ServerResponse } from 'node:http';
import { send, StubProvider, type Endpoint, type Issued } from './stub-provider.js';
import type { TokenRequest } from './stub-request.js';

/** How a provider behaves, as its own documentation describes it. Nothing here is taken from a profile. */
export interface Documented {
  /** What people write in gatehouse.yaml beside `provider` and the client. */
  readonly written?: Readonly<Record<string, unknown>>;
  /** Host and path of each endpoint. */
  readonly authorize: string;
  readonly token: string;
  readonly refresh?: string;
  readonly revoke?: string;
  /** An OpenID provider: host and path of its issuer, and what its discovery document names in its place, if anything else. */
  readonly issuer?: string;
  readonly documentIssuer?: string;
  readonly idTokenClaims?: (origin: string) => Readonly<Record<string, unknown>>;
  /** Whether its callbacks carry `iss`. */
  readonly sendsIssuer?: true;
  /** Parameters of the authorization request without which nothing works as it should. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly scopes?: {
    readonly parameter?: string;
    readonly separator?: string;
    readonly refused?: readonly string[];
  };
  readonly pkce?: 'required' | 'refused';
  readonly client: 'basic' | 'post' | 'either';
  /** Whether it decodes Basic credentials (RFC 6749 section 2.3.1), or compares them as they come. */
  readonly decodesBasic?: true;
  /** How the body of a token request has to be. */
  readonly format?: 'json' | 'form';
  /** Without it there is no refresh token. */
  readonly offline?: (parameters: URLSearchParams) => boolean;
  /** Whether a refresh token is replaced with each use. */
  readonly rotates: boolean;
  /** Its refreshes need a scope. */
  readonly refreshesByScope?: true;
  readonly seconds?: number;
  readonly answer?: (issued: Issued) => object;
  /** Status and body for a refresh token of a grant that is lost. */
  readonly lost: readonly [number, object];
  readonly userInfo?: {
    readonly at: string;
    readonly method?: 'POST';
    /** What is wrong with a request, if anything. */
    readonly wrong?: (request: TokenRequest) => boolean;
    readonly answer: (login: string) => object;
  };
  /** Who the person is, for Gatehouse. */
  readonly subject: (login: string) => string;
}

/** A provider that behaves as documented. All its hosts are paths of one server: `http://localhost:1/github.com/…`. */
export class SimulatedProvider extends StubProvider {
  constructor(private readonly documented: Documented) {
    super();
  }

  override async start(): Promise<this> {
    await super.start();
    const { documented } = this;
    this.rotates = documented.rotates;
    this.accessTokenSeconds = documented.seconds;
    this.promisesIssuer = documented.sendsIssuer === true;
    this.sendsIssuer = documented.sendsIssuer === true ? 'always' : 'never';
    this.saidIssuer = this.#at(documented.issuer ?? documented.authorize.replace(/\/authorize$/, ''));
    this.claims = { iss: this.saidIssuer, ...documented.idTokenClaims?.(this.issuer) };
    return this;
  }

  /** Brings back the browser, if the request is one that the provider would not refuse. */
  override callbackQuery(authorizationUrl: string, login: string): string {
    const url = new URL(authorizationUrl);
    const { authorize, parameters = {}, scopes = {}, pkce, offline } = this.documented;
    const asked = url.searchParams;
    const wrong = [
      `${url.origin}${url.pathname}` === this.#at(authorize) ? [] : ['another endpoint'],
      Object.entries(parameters).flatMap(([name, value]) => (asked.get(name) === value ? [] : [name])),
      (scopes.refused ?? []).filter((scope) => this.scopeIn(asked).split(' ').includes(scope)),
      pkce === 'required' && asked.get('code_challenge_method') !== 'S256' ? ['no PKCE'] : [],
      pkce === 'refused' && asked.has('code_challenge') ? ['PKCE'] : [],
      scopes.parameter !== undefined && asked.has('scope') ? ['scopes of another kind'] : [],
    ].flat();
    if (wrong.length > 0) throw new Error(`refused by the authorization endpoint: ${wrong.join(', ')}`);
    this.givesRefreshToken = offline?.(asked) ?? true;
    return super.callbackQuery(authorizationUrl, login);
  }

  protected override scopeIn(parameters: URLSearchParams): string {
    const { parameter = 'scope', separator = ' ' } = this.documented.scopes ?? {};
    return (parameters.get(parameter) ?? '').split(separator).join(' ');
  }

  protected override endpointAt(path: string): Endpoint | undefined {
    const { token, refresh, revoke, userInfo, issuer } = this.documented;
    const at = (place: string | undefined): boolean => place !== undefined && path === `/${place}`;
    if (at(token) || at(refresh)) return 'token';
    if (at(revoke)) return 'revoke';
    if (at(userInfo?.at)) return 'userinfo';
    const base = `/${issuer?.replace(/\/$/, '') ?? ''}`;
    if (issuer === undefined || !path.startsWith(`${base}/`)) return undefined;
    if (path === `${base}/.well-known/openid-configuration`) return 'discovery';
    return path === `${base}/keys` ? 'jwks' : undefined;
  }

  protected override metadata(): object {
    const { issuer = '', documentIssuer = issuer, authorize, token, revoke, client } = this.documented;
    return {
      issuer: this.#at(documentIssuer),
      authorization_endpoint: this.#at(authorize),
      token_endpoint: this.#at(token),
      jwks_uri: this.#at(`${issuer.replace(/\/$/, '')}/keys`),
      ...(revoke === undefined ? {} : { revocation_endpoint: this.#at(revoke) }),
      id_token_signing_alg_values_supported: ['ES256'],
      token_endpoint_auth_methods_supported:
        client === 'either' ? ['client_secret_basic', 'client_secret_post'] : [`client_secret_${client}`],
      ...(this.promisesIssuer ? { authorization_response_iss_parameter_supported: true } : {}),
    };
  }

  protected override refusalOf({
    path,
    headers,
    body,
    form,
  }: TokenRequest): readonly [number, object] | undefined {
    const { client, format, refresh, token, refreshesByScope } = this.documented;
    const [basic, post] = [
      this.#isClient(headers.authorization),
      form.get('client_id') === 'gatehouse' && form.get('client_secret') === 'stub-secret',
    ];
    const proven = { basic: basic && !post, post: post && !basic, either: basic !== post }[client];
    if (!proven) return [401, { error: 'invalid_client' }];
    const isJson = headers['content-type']?.startsWith('application/json') === true && body.startsWith('{');
    if (format !== undefined && isJson !== (format === 'json')) return [400, { error: 'invalid_request' }];
    const refreshes = form.get('grant_type') === 'refresh_token';
    if (path !== `/${refreshes ? (refresh ?? token) : token}`) return [404, {}];
    return refreshes && refreshesByScope === true && !form.has('scope')
      ? [400, { error: 'invalid_request' }]
      : undefined;
  }

  protected override deadGrant(): readonly [number, object] {
    return this.documented.lost;
  }

  protected override tokenAnswer(issued: Issued): object {
    const { answer, issuer, rotates } = this.documented;
    if (answer !== undefined) return answer(issued);
    const { grant, accessToken, refreshToken, idToken, seconds, scope } = issued;
    const renews = refreshToken !== undefined && (grant === 'code' || rotates);
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      scope,
      ...(renews ? { refresh_token: refreshToken } : {}),
      ...(issuer === undefined ? {} : { id_token: idToken }),
      ...(seconds === undefined ? {} : { expires_in: seconds }),
    };
  }

  protected override userInfo(
    login: string | undefined,
    request: TokenRequest,
    response: ServerResponse,
  ): unknown {
    const { userInfo } = this.documented;
    if (userInfo === undefined || login === undefined) return send(response, 401, {});
    const isWrong = request.method !== (userInfo.method ?? 'GET') || userInfo.wrong?.(request) === true;
    return isWrong ? send(response, 400, {}) : send(response, 200, userInfo.answer(login));
  }

  #isClient(authorization: string | undefined): boolean {
    const credentials = Buffer.from((authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
    const read = this.documented.decodesBasic === true ? decodeURIComponent(credentials) : credentials;
    return read === 'gatehouse:stub-secret';
  }

  #at(place: string): string {
    return `${this.issuer}/${place}`;
  }
}
