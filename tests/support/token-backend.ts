import type { ServerResponse } from 'node:http';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import { answerAsMcpServer } from '@gatehouse/testing/legacy-mcp';

/** An MCP server that takes the tokens that it can verify. Its one tool says whose token came. */
export class TokenBackend extends HttpStub {
  /** Authorization headers, as they came. */
  readonly seen: string[] = [];

  /** @param subjectOf throws for a token that is not for this backend */
  constructor(private readonly subjectOf: (token: string) => Promise<string>) {
    super();
  }

  get mcpUrl(): string {
    return `${this.origin}/mcp`;
  }

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    const { authorization = '' } = request.headers;
    this.seen.push(authorization);
    const subject = await this.subjectOf(authorization.replace('Bearer ', '')).catch(() => undefined);
    if (subject === undefined)
      sendJson(
        response,
        401,
        { error: 'invalid_token' },
        { 'www-authenticate': 'Bearer error="invalid_token"' },
      );
    else answerAsMcpServer(request, response, subject);
  }
}
