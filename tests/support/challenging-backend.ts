import type { ServerResponse } from 'node:http';
import { challengeFor, type EntraTenant } from '@gatehouse/testing/entra-tenant';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import { answerAsMcpServer } from '@gatehouse/testing/legacy-mcp';

/** An MCP server that takes tokens of a tenant, and calls only of people whose sign-in meets its own policy. Its one tool says who calls. */
export class ChallengingBackend extends HttpStub {
  /** The policy that calls need; absent: none. */
  policy: string | undefined;
  /** Authorization headers, as they came. */
  readonly seen: string[] = [];
  /** Calls that it refused for want of claims. */
  refused = 0;

  constructor(private readonly tenant: Pick<EntraTenant, 'signInBehind'>) {
    super();
  }

  get mcpUrl(): string {
    return `${this.origin}/mcp`;
  }

  protected override answer(request: StubRequest, response: ServerResponse): void {
    const { authorization = '' } = request.headers;
    this.seen.push(authorization);
    const signIn = this.tenant.signInBehind(authorization.replace('Bearer ', ''), this.policy);
    const { method } = JSON.parse(request.body === '' ? '{}' : request.body) as { readonly method?: string };
    if (signIn === undefined) {
      sendJson(response, 401, {}, { 'www-authenticate': 'Bearer error="invalid_token"' });
      return;
    }
    if (method === 'tools/call' && !signIn.meets) {
      this.refused += 1;
      const claims = Buffer.from(challengeFor(this.policy)).toString('base64');
      const challenge = `Bearer realm="", error="insufficient_claims", claims="${claims}"`;
      sendJson(response, 401, {}, { 'www-authenticate': challenge });
      return;
    }
    answerAsMcpServer(request, response, signIn.login);
  }
}
