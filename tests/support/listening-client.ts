import { createServer, type Server } from 'node:http';
import { freePort } from '@gatehouse/testing/free-port';
import { OAuthClient, type TokenAnswer } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';

/** A client on the person's own machine: it listens where the browser is sent back to, and says so on a page. */
export class ListeningClient {
  /** What came back, in order. */
  readonly answers: URLSearchParams[] = [];

  private constructor(
    private readonly client: OAuthClient,
    private readonly server: Server,
    private readonly redirectUri: string,
  ) {}

  static async start(mcpUrl: string, name = 'Listening Client'): Promise<ListeningClient> {
    const port = await freePort();
    const server = createServer();
    const client = await OAuthClient.register(mcpUrl, name);
    const listening = new ListeningClient(client, server, `http://127.0.0.1:${port}/callback`);
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      if (url.pathname === '/callback') listening.answers.push(url.searchParams);
      response.setHeader('content-type', 'text/html').end('<!doctype html><h1 id="client">Signed in</h1>');
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return listening;
  }

  request(more: Readonly<Record<string, string>> = {}): {
    readonly url: string;
    readonly codeVerifier: string;
  } {
    return this.client.authorizationRequest({ redirect_uri: this.redirectUri, ...more });
  }

  /** Waits for an answer, and redeems its code. */
  async redeem(codeVerifier: string, at = -1): Promise<TokenAnswer> {
    await until(() => this.answers.at(at) !== undefined);
    const code = this.answers.at(at)?.get('code') ?? '';
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: this.client.clientId,
      code,
      code_verifier: codeVerifier,
      redirect_uri: this.redirectUri,
      resource: this.client.resource,
    });
    const response = await fetch(this.client.metadata.token_endpoint, { method: 'POST', body });
    return { ...((await response.json()) as Omit<TokenAnswer, 'status'>), status: response.status };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
