import type { ServerResponse } from 'node:http';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import { answerAsMcpServer } from '@gatehouse/testing/legacy-mcp';

/** What came to the backend, and with what. */
export interface Arrived {
  /** The tool that was called; else the method. */
  readonly what: string;
  readonly subject: string;
  readonly scope: string;
  readonly token: string;
}

/** An MCP server that knows who may do what with each token, and notes what came with which. */
export class ScopedBackend extends HttpStub {
  readonly arrived: Arrived[] = [];

  /** @param known who a token is for and what it is good for; `undefined`: it is nobody's */
  constructor(
    private readonly tools: readonly string[],
    private readonly known: (
      token: string,
    ) => { readonly subject: string; readonly scope: string } | undefined,
  ) {
    super();
  }

  get mcpUrl(): string {
    return `${this.origin}/mcp`;
  }

  protected override answer(request: StubRequest, response: ServerResponse): void {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    const found = this.known(token);
    if (found === undefined) {
      const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
      sendJson(response, 401, { error: 'invalid_token' }, challenge);
      return;
    }
    const { method, params } = JSON.parse(request.body === '' ? '{}' : request.body) as {
      readonly method?: string;
      readonly params?: { readonly name?: string };
    };
    const what = method === 'tools/call' ? (params?.name ?? '') : (method ?? request.method);
    this.arrived.push({ what, ...found, token });
    answerAsMcpServer(request, response, `${found.subject} ${found.scope}`, this.tools);
  }
}
