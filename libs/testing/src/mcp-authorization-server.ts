import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { HttpStub, sendJson, type StubRequest } from './http-stub.js';

export interface StubClient {
  readonly redirectUris: readonly string[];
  /** Absent: a public client. */
  readonly secret?: string;
}

interface Grant {
  readonly clientId: string;
  readonly login: string;
  readonly resource: string;
  readonly scope: string;
}

interface Code extends Grant {
  readonly challenge: string;
  readonly redirectUri: string;
}

/** What reached the token or revocation endpoint. */
export interface PresentedClient {
  readonly clientId: string;
  readonly secret: string | undefined;
  /** Of `client_secret_basic`, as it came. */
  readonly credentials: string | undefined;
  readonly form: URLSearchParams;
}

const random = (): string => randomBytes(18).toString('base64url');

/**
 * The authorization server of a backend, as the MCP specification wants it: RFC 8414, RFC 7591, PKCE, RFC 8707, RFC 9207 and
 * rotating refresh tokens. It lets everybody in as `login`, at once. Everything it says can be bent.
 */
export class McpAuthorizationServer extends HttpStub {
  login = 'alice';
  /** Who signs in, as its user information says; absent: it has none. */
  subject: string | undefined;
  /** Whoever registers has to show it (RFC 7591 section 3). */
  initialAccessToken: string | undefined;
  /** What the registration endpoint answers in the place of everything else. */
  registrationFailure:
    { readonly status: number; readonly location?: string; readonly body: object } | undefined;
  /** What the token endpoint answers in the place of everything else. */
  tokenFailure:
    | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: object }
    | undefined;
  /** Laid over the metadata; `undefined` takes a member out. */
  metadata: Record<string, unknown> = {};
  /** Laid over the answers of the registration endpoint. */
  registration: Record<string, unknown> = {};
  /** Laid over the token answers. */
  tokenAnswer: Record<string, unknown> = {};
  /** Laid over the parameters of its redirects. */
  redirect: Record<string, string | undefined> = {};
  /** What every registration asked for. */
  readonly registrations: Record<string, unknown>[] = [];
  /** The `Authorization` header of each of them. */
  readonly shownAtRegistration: (string | undefined)[] = [];
  readonly presented: PresentedClient[] = [];
  readonly authorizations: URLSearchParams[] = [];
  readonly revoked: string[] = [];
  /** By client id; `add` configured ones and documents here. */
  readonly clients = new Map<string, StubClient>();
  readonly #codes = new Map<string, Code>();
  readonly #refreshTokens = new Map<string, Grant>();
  readonly #accessTokens = new Map<string, Grant>();

  /** @param path of the issuer, such as `/tenant` */
  constructor(
    private readonly path = '',
    port = 0,
  ) {
    super(port);
  }

  get issuer(): string {
    return `${this.origin}${this.path}`;
  }

  /** As which person, and for what, a token is good here. */
  introspect(accessToken: string): Grant | undefined {
    return this.#accessTokens.get(accessToken);
  }

  /** Every access token has ended; refresh tokens are still good. */
  endAccessTokens(): void {
    this.#accessTokens.clear();
  }

  forgetClients(): void {
    this.clients.clear();
  }

  /** What a browser brings back to the callback. */
  async visit(authorizationUrl: string): Promise<string> {
    const response = await fetch(authorizationUrl, { redirect: 'manual' });
    const location = response.headers.get('location');
    if (location === null) throw new Error(`no redirect: ${response.status} ${await response.text()}`);
    return new URL(location).search.slice(1);
  }

  protected override answer(request: StubRequest, response: ServerResponse): void {
    const { pathname } = request.url;
    switch (pathname.slice(this.path.length)) {
      case '/authorize':
        this.#authorize(request.url.searchParams, response);
        return;
      case '/token':
        this.#token(request, response);
        return;
      case '/userinfo':
        sendJson(response, 200, { sub: this.subject ?? this.#loginOf(request) });
        return;
      case '/register':
        this.#register(request, response);
        return;
      case '/revoke': {
        const client = this.#clientOf(request);
        this.revoked.push(client.form.get('token') ?? '');
        sendJson(response, 200, {});
        return;
      }
    }
    if (pathname === `/.well-known/oauth-authorization-server${this.path}`)
      sendJson(response, 200, this.#document());
    else sendJson(response, 404, {});
  }

  #document(): object {
    const { issuer } = this;
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      revocation_endpoint: `${issuer}/revoke`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      authorization_response_iss_parameter_supported: true,
      ...(this.subject === undefined ? {} : { userinfo_endpoint: `${issuer}/userinfo` }),
      ...this.metadata,
    };
  }

  #loginOf({ headers }: StubRequest): string | undefined {
    return this.introspect((headers.authorization ?? '').replace(/^Bearer /i, ''))?.login;
  }

  #register({ headers, body }: StubRequest, response: ServerResponse): void {
    const asked = JSON.parse(body) as Record<string, unknown> & { readonly redirect_uris: string[] };
    this.registrations.push(asked);
    this.shownAtRegistration.push(headers.authorization);
    if (this.registrationFailure !== undefined) {
      const { status, location, body: failure } = this.registrationFailure;
      sendJson(response, status, failure, location === undefined ? {} : { location });
      return;
    }
    if (
      this.initialAccessToken !== undefined &&
      headers.authorization !== `Bearer ${this.initialAccessToken}`
    ) {
      sendJson(response, 401, { error: 'invalid_token' });
      return;
    }
    const clientId = `client-${random()}`;
    const secret = asked['token_endpoint_auth_method'] === 'none' ? undefined : `secret-${random()}`;
    this.clients.set(clientId, {
      redirectUris: asked.redirect_uris,
      ...(secret === undefined ? {} : { secret }),
    });
    sendJson(response, 201, {
      ...asked,
      client_id: clientId,
      ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
      ...this.registration,
    });
  }

  #authorize(asked: URLSearchParams, response: ServerResponse): void {
    this.authorizations.push(asked);
    const [clientId, redirectUri] = [asked.get('client_id') ?? '', asked.get('redirect_uri') ?? ''];
    const client = this.clients.get(clientId);
    // RFC 6749 section 4.1.2.1: nobody is sent to a place that is not registered.
    if (client?.redirectUris.includes(redirectUri) !== true) {
      sendJson(response, 400, { error: 'invalid_client' });
      return;
    }
    const code = random();
    this.#codes.set(code, {
      clientId,
      redirectUri,
      login: this.login,
      resource: asked.get('resource') ?? '',
      scope: asked.get('scope') ?? '',
      challenge: asked.get('code_challenge_method') === 'S256' ? (asked.get('code_challenge') ?? '') : '',
    });
    const back = new URL(redirectUri);
    const parameters: Readonly<Record<string, string | undefined>> = {
      code,
      state: asked.get('state') ?? '',
      iss: this.issuer,
      ...this.redirect,
    };
    for (const [name, value] of Object.entries(parameters))
      if (value !== undefined) back.searchParams.set(name, value);
    response.writeHead(302, { location: back.href }).end();
  }

  #token(request: StubRequest, response: ServerResponse): void {
    const presented = this.#clientOf(request);
    const { form, clientId } = presented;
    if (this.tokenFailure !== undefined) {
      const { status, headers = {}, body } = this.tokenFailure;
      sendJson(response, status, body, headers);
      return;
    }
    const client = this.clients.get(clientId);
    if (client === undefined || client.secret !== presented.secret) {
      sendJson(response, 401, { error: 'invalid_client' });
      return;
    }
    const grant = form.get('grant_type') === 'refresh_token' ? this.#refreshed(form) : this.#redeemed(form);
    if (grant?.clientId !== clientId) {
      sendJson(response, 400, { error: 'invalid_grant' });
      return;
    }
    if (grant.resource !== (form.get('resource') ?? '')) {
      sendJson(response, 400, { error: 'invalid_target' });
      return;
    }
    const [accessToken, refreshToken] = [`access-${grant.login}-${random()}`, random()];
    this.#accessTokens.set(accessToken, grant);
    this.#refreshTokens.set(refreshToken, grant);
    sendJson(response, 200, {
      access_token: accessToken,
      token_type: 'Bearer',
      refresh_token: refreshToken,
      expires_in: 300,
      scope: grant.scope,
      ...this.tokenAnswer,
    });
  }

  #redeemed(form: URLSearchParams): Grant | undefined {
    const code = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    return code?.challenge === challenge && code.redirectUri === form.get('redirect_uri') ? code : undefined;
  }

  #refreshed(form: URLSearchParams): Grant | undefined {
    const token = form.get('refresh_token') ?? '';
    const grant = this.#refreshTokens.get(token);
    this.#refreshTokens.delete(token);
    return grant;
  }

  #clientOf({ headers, body }: StubRequest): PresentedClient {
    const form = new URLSearchParams(body);
    const [, basic = ''] = /^Basic (.*)$/.exec(headers.authorization ?? '') ?? [];
    const credentials = Buffer.from(basic, 'base64').toString();
    const [id = '', secret] = credentials.split(':').map(decodeURIComponent);
    const presented =
      basic === ''
        ? {
            clientId: form.get('client_id') ?? '',
            secret: form.get('client_secret') ?? undefined,
            credentials: undefined,
            form,
          }
        : { clientId: id, secret, credentials, form };
    this.presented.push(presented);
    return presented;
  }
}
