import type { ServerResponse } from 'node:http';
import { PROBE_HEADER, type ArrivedProbe } from '@gatehouse/kernel/doctor-probe';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';

/** What a stub says instead of what is right. Empty: all is well. */
export interface Faults {
  metadata?: Readonly<Record<string, unknown>>;
  metadataStatus?: number;
  skewMs?: number;
  keys?: readonly unknown[];
  registered?: string;
  clientId?: string;
  secret?: string;
  refreshError?: string;
  tokenStatus?: number;
  scopeError?: boolean;
  userInfoStatus?: number;
  mcpStatus?: number;
  tools?: readonly unknown[];
  resource?: string;
  apiKey?: string;
  challenge?: boolean;
  issuer?: string;
  /** Prompts that are refused. */
  refusedPrompts?: readonly string[];
  refusesPkce?: boolean;
  refusesResource?: boolean;
  /** Clients can register themselves. */
  registers?: boolean;
  /** Whose authorization server the backend names: one of its own, or that of the provider `sso`. */
  names?: 'server' | 'provider';
  /** What `initialize` is answered with; `none`: it is refused. */
  revision?: string;
  /** What `server/discover` names. */
  discovered?: readonly string[];
  /** It lists no tools to clients of the stateless revision. */
  refusesModern?: boolean;
  introspection?: readonly [number, unknown];
  /** How a marked request comes to the authorization server. */
  arrived?: ArrivedProbe;
}

export const INTROSPECTION_SECRET = 'value+of the/introspection:secret';

export const CLIENT_SECRET = 'value-of-the-client-secret-at-the-provider';
export const API_KEY = 'value-of-the-api-key';

const dateOf = (skewMs = 0): Readonly<Record<string, string>> => ({
  date: new Date(Date.now() + skewMs).toUTCString(),
});

/** A provider of OpenID Connect and of plain OAuth 2. */
export class ProviderStub extends HttpStub {
  faults: Faults = {};
  /** Paths that were asked for. */
  readonly asked: string[] = [];

  protected override answer(request: StubRequest, response: ServerResponse): void {
    const { faults, origin } = this;
    this.asked.push(request.url.pathname);
    switch (request.url.pathname) {
      case '/.well-known/openid-configuration':
        sendJson(
          response,
          faults.metadataStatus ?? 200,
          {
            issuer: origin,
            authorization_endpoint: `${origin}/authorize`,
            token_endpoint: `${origin}/token`,
            jwks_uri: `${origin}/jwks`,
            scopes_supported: ['openid', 'offline_access'],
            code_challenge_methods_supported: ['S256'],
            token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
            ...(faults.registers === true ? { registration_endpoint: `${origin}/clients` } : {}),
            ...faults.metadata,
          },
          dateOf(faults.skewMs),
        );
        return;
      case '/jwks':
        sendJson(response, 200, { keys: faults.keys ?? [{ kty: 'EC' }] });
        return;
      case '/clients':
        response.writeHead(405).end();
        return;
      case '/user':
        sendJson(response, faults.userInfoStatus ?? 401, {});
        return;
      case '/authorize':
        this.#authorize(request, response);
        return;
      case '/introspect':
        this.#introspect(request, response);
        return;
      case '/token':
        this.#token(request, response);
        return;
      default:
        response.writeHead(404).end();
    }
  }

  #authorize({ url: { searchParams } }: StubRequest, response: ServerResponse): void {
    const { clientId = 'gatehouse', registered = '', scopeError = false } = this.faults;
    const redirectUri = searchParams.get('redirect_uri') ?? '';
    if (searchParams.get('client_id') !== clientId) response.writeHead(400).end('<h1>Unknown client</h1>');
    else if (!redirectUri.startsWith(registered))
      response.writeHead(400).end('<h1>redirect_uri mismatch</h1>');
    else if (
      this.faults.refusedPrompts?.includes(searchParams.get('prompt') ?? '') === true ||
      (this.faults.refusesPkce === true && searchParams.has('code_challenge'))
    )
      response.writeHead(302, { location: `${redirectUri}?error=invalid_request` }).end();
    else if (this.faults.refusesResource === true && searchParams.has('resource'))
      response.writeHead(302, { location: `${redirectUri}?error=invalid_target` }).end();
    else if (scopeError) response.writeHead(302, { location: `${redirectUri}?error=invalid_scope` }).end();
    else if (searchParams.get('prompt') === 'none')
      response.writeHead(302, { location: `${redirectUri}?error=login_required` }).end();
    else response.writeHead(200, { 'content-type': 'text/html' }).end('<form></form>');
  }

  #introspect({ headers, body }: StubRequest, response: ServerResponse): void {
    const [, shown = ''] = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':');
    const knowsUs = new URLSearchParams(`secret=${shown}`).get('secret') === INTROSPECTION_SECRET;
    const isAsked = new URLSearchParams(body).has('token');
    const [status, answer] =
      this.faults.introspection ?? (knowsUs && isAsked ? [200, { active: false }] : [401, {}]);
    sendJson(response, status, answer as object);
  }

  #token({ headers, body }: StubRequest, response: ServerResponse): void {
    const { secret = CLIENT_SECRET, refreshError = 'invalid_grant', tokenStatus } = this.faults;
    const basic = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
    const shown = basic.split(':')[1] ?? new URLSearchParams(body).get('client_secret');
    if (tokenStatus !== undefined) response.writeHead(tokenStatus).end();
    else if (decodeURIComponent(shown ?? '') !== secret) sendJson(response, 401, { error: 'invalid_client' });
    else sendJson(response, 400, { error: refreshError });
  }
}

/** `/open/mcp` asks nobody, `/reports/mcp` wants a key, `/repos/mcp` a token. */
export class BackendStub extends HttpStub {
  faults: Faults = {};
  /** Whom it can name. */
  issuers: Readonly<Record<'server' | 'provider', string>> = { server: '', provider: '' };

  protected override answer(request: StubRequest, response: ServerResponse): void {
    const { faults, origin } = this;
    const { pathname } = request.url;
    if (pathname === '/.well-known/oauth-protected-resource/repos/mcp') {
      const named = faults.names === undefined ? 'https://anybody.example' : this.issuers[faults.names];
      const { resource = `${origin}/repos/mcp` } = faults;
      sendJson(response, 200, { resource, authorization_servers: [named] });
    } else if (pathname === '/open/mcp' && faults.mcpStatus !== undefined)
      response.writeHead(faults.mcpStatus, { location: `${origin}/elsewhere` }).end();
    else if (pathname === '/open/mcp') this.#mcp(request, response);
    else if (pathname === '/reports/mcp' && request.headers['x-api-key'] === (faults.apiKey ?? API_KEY))
      this.#mcp(request, response);
    else response.writeHead(401).end();
  }

  #mcp({ body, method, headers }: StubRequest, response: ServerResponse): void {
    const { id, method: called } = (method === 'POST' ? JSON.parse(body) : {}) as {
      id?: number;
      method?: string;
    };
    const { revision = '2025-11-25', discovered, refusesModern = false } = this.faults;
    const tools = this.faults.tools ?? [{ name: 'search', inputSchema: { type: 'object' } }];
    const isModern = headers['mcp-protocol-version'] === '2026-07-28';
    const answer = (result: object, more = {}): void =>
      sendJson(response, 200, { jsonrpc: '2.0', id, result }, more);
    if (id === undefined) response.writeHead(202).end();
    else if (called === 'server/discover' && discovered !== undefined)
      answer({ supportedVersions: discovered });
    else if (called === 'tools/list' && !(isModern && refusesModern)) answer({ tools });
    else if (called === 'initialize' && revision !== 'none')
      answer({ protocolVersion: revision, capabilities: { tools: {} } }, { 'mcp-session-id': 's' });
    else
      sendJson(response, 400, { jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } });
  }
}

/** The gateway and its authorization server, as a proxy in front shows them. */
export class PublicStub extends HttpStub {
  faults: Faults = {};

  /** Of the authorization server behind it. */
  readonly #probes: Record<string, ArrivedProbe> = {};

  protected override answer({ url: { pathname }, headers }: StubRequest, response: ServerResponse): void {
    const { faults, origin } = this;
    const mark = headers[PROBE_HEADER];
    if (typeof mark === 'string')
      this.#probes[mark] = faults.arrived ?? { forwardedFor: 'changed', believed: true };
    const { metadataStatus: status = 200, resource = `${origin}/mcp`, issuer = `${origin}/auth` } = faults;
    if (pathname === '/.well-known/oauth-protected-resource/mcp')
      sendJson(response, status, { resource }, dateOf(faults.skewMs));
    else if (pathname === '/status') sendJson(response, 200, { probes: this.#probes });
    else if (pathname === '/.well-known/oauth-authorization-server/auth')
      sendJson(response, 200, issuer === '' ? {} : { issuer });
    else if (pathname === '/mcp' && faults.mcpStatus !== undefined)
      response.writeHead(faults.mcpStatus).end();
    else if (pathname === '/mcp')
      response
        .writeHead(
          401,
          faults.challenge === false ? {} : { 'www-authenticate': `Bearer resource_metadata="${origin}/x"` },
        )
        .end();
    else response.writeHead(404).end();
  }
}
