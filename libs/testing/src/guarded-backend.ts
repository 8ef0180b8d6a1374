import type { ServerResponse } from 'node:http';
import { HttpStub, sendJson, type StubRequest } from './http-stub.js';
import { answerAsMcpServer } from './legacy-mcp.js';
import type { McpAuthorizationServer } from './mcp-authorization-server.js';

const METADATA = '/.well-known/oauth-protected-resource';

/**
 * An MCP server that demands OAuth of its own: a token of its authorization server, made for it (RFC 8707). Its one tool says
 * whose token came. Everything that it says of itself can be bent.
 */
export class GuardedBackend extends HttpStub {
  /** Laid over the protected resource metadata (RFC 9728). */
  metadata: Record<string, unknown> = {};
  /** Where the metadata is served: below the path, at the root, or nowhere. */
  servedAt: 'path' | 'root' | 'nowhere' = 'path';
  /** What a 401 says; absent: it names the metadata. */
  challenge: string | undefined;
  /** What calls need beside a token; absent: nothing. */
  scopeOfCalls: string | undefined;
  /** Answers in the place of everything else. */
  bent: ((request: StubRequest, response: ServerResponse) => 'answered' | 'as-usual') | undefined;

  constructor(
    public authorization: McpAuthorizationServer,
    port = 0,
  ) {
    super(port);
  }

  get mcpUrl(): string {
    return `${this.origin}/mcp`;
  }

  get metadataUrl(): string {
    return `${this.origin}${METADATA}${this.servedAt === 'root' ? '' : '/mcp'}`;
  }

  protected override answer(request: StubRequest, response: ServerResponse): void {
    if (this.bent?.(request, response) === 'answered') return;
    const { pathname } = request.url;
    if (pathname === '/mcp') this.#mcp(request, response);
    else if (this.servedAt !== 'nowhere' && pathname === new URL(this.metadataUrl).pathname) {
      const { issuer } = this.authorization;
      sendJson(response, 200, { resource: this.mcpUrl, authorization_servers: [issuer], ...this.metadata });
    } else sendJson(response, 404, {});
  }

  #mcp(request: StubRequest, response: ServerResponse): void {
    const grant = this.authorization.introspect((request.headers.authorization ?? '').replace('Bearer ', ''));
    if (grant?.resource !== this.mcpUrl) {
      const challenge = this.challenge ?? `Bearer resource_metadata="${this.metadataUrl}", scope="notes"`;
      sendJson(response, 401, { error: 'invalid_token' }, { 'www-authenticate': challenge });
      return;
    }
    const { scopeOfCalls } = this;
    const { method } = JSON.parse(request.body) as { readonly method: string };
    const isShort = scopeOfCalls !== undefined && !grant.scope.split(' ').includes(scopeOfCalls);
    if (method === 'tools/call' && isShort) {
      const challenge = `Bearer error="insufficient_scope", scope="${scopeOfCalls}", resource_metadata="${this.metadataUrl}"`;
      sendJson(response, 403, { error: 'insufficient_scope' }, { 'www-authenticate': challenge });
      return;
    }
    answerAsMcpServer(request, response, grant.login);
  }
}
