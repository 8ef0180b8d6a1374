import type { ServerResponse } from 'node:http';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import { answerAsMcpServer } from '@gatehouse/testing/legacy-mcp';
import { signerOf, type SignedFor } from '@gatehouse/testing/signed-requests';
import type { StsEndpoint } from '@gatehouse/testing/sts-endpoint';

/** An MCP server behind the front of AWS: it takes requests that are signed with credentials of the STS. Its one tool says of whom. */
export class SignedBackend extends HttpStub {
  readonly seen: StubRequest[] = [];
  /** Why requests were refused. */
  readonly refused: string[] = [];
  /** Leads requests to another path of it first. */
  isMoved = false;
  /** Access keys that it says have ended. */
  readonly ended = new Set<string>();

  constructor(
    private readonly sts: StsEndpoint,
    private readonly expected: SignedFor,
  ) {
    super();
  }

  get mcpUrl(): string {
    return `${this.origin}/mcp`;
  }

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    this.seen.push(request);
    try {
      const { accessKeyId, roleArn, sessionName } = await signerOf(request, this.sts.issued, this.expected);
      if (this.ended.has(accessKeyId)) throw new Error('ExpiredTokenException');
      const isElsewhere = request.url.pathname !== '/mcp';
      if (this.isMoved && !isElsewhere)
        response.writeHead(307, { location: '/moved%20to/mcp?at=b&at=a%2Fc' }).end();
      else answerAsMcpServer(request, response, `${roleArn} ${sessionName}`);
    } catch (error) {
      const name = error instanceof Error ? error.message : 'InternalFailure';
      this.refused.push(name);
      sendJson(response, 403, { message: 'no' }, { 'x-amzn-errortype': name });
    }
  }
}
