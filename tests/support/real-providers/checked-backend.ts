import type { ServerResponse } from 'node:http';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import { answerAsMcpServer } from '@gatehouse/testing/legacy-mcp';
import { userInfo } from './openid.js';
import type { RealProvider } from './real-provider.js';

/** An MCP server that takes the access tokens of a provider, and asks that provider whose each one is (OIDC Core section 5.3). */
export class CheckedBackend extends HttpStub {
  /** The tokens that came, and whose they are; the newest last. */
  readonly tokens = new Map<string, string>();
  readonly #over = new Set<string>();

  constructor(private readonly provider: RealProvider) {
    super();
  }

  get mcpUrl(): string {
    return `${this.origin}/mcp`;
  }

  /** From now on, all the tokens that have come are refused, as if their time was over. */
  refuseKnownTokens(): void {
    for (const token of this.tokens.keys()) this.#over.add(token);
  }

  newestTokenOf(login: string): string | undefined {
    return [...this.tokens].filter(([, owner]) => owner === login).at(-1)?.[0];
  }

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const login = await this.#ownerOf(token);
    if (login === undefined)
      sendJson(
        response,
        401,
        { error: 'invalid_token' },
        { 'www-authenticate': 'Bearer error="invalid_token"' },
      );
    else answerAsMcpServer(request, response, login);
  }

  async #ownerOf(token: string): Promise<string | undefined> {
    if (token === '' || this.#over.has(token)) return undefined;
    const claims = await userInfo(this.provider.issuer, token);
    if (claims === undefined) return undefined;
    const login = this.provider.loginOf(claims);
    this.tokens.set(token, login);
    return login;
  }
}
