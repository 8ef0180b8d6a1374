import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A request that the hostile provider makes in the place of its own leg, at a provider that people trust. */
export interface Forgery {
  readonly authorizationEndpoint: string;
  readonly scope: string;
  /** Absent: the callback of the hostile provider itself. */
  readonly redirectUri?: string;
}

/**
 * A hostile provider that somebody configured in good faith. It redirects a browser to another provider with the `state`
 * that it received (mix-up, RFC 9700 section 4.4.1), and waits for the other's code at its own token endpoint.
 */
export class HostileProvider {
  forgery: Forgery | undefined;
  /** Every code that was brought here. */
  readonly codes: string[] = [];
  readonly #server: Server;

  constructor(readonly port: number) {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  get issuer(): string {
    return `http://localhost:${this.port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(this.port, '127.0.0.1', done));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.issuer);
    switch (url.pathname) {
      case '/authorize':
        response.writeHead(302, { location: this.#sendOn(url.searchParams) }).end();
        return;
      case '/token': {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        this.codes.push(new URLSearchParams(Buffer.concat(chunks).toString()).get('code') ?? '');
        sendJson(response, 400, { error: 'invalid_grant' });
        return;
      }
      case '/.well-known/openid-configuration':
        sendJson(response, 200, this.#metadata());
        return;
      default:
        sendJson(response, 404, {});
    }
  }

  #sendOn(asked: URLSearchParams): string {
    const { forgery } = this;
    const state = asked.get('state') ?? '';
    const back = asked.get('redirect_uri') ?? '';
    if (forgery === undefined)
      return `${back}?${new URLSearchParams({ error: 'access_denied', state, iss: this.issuer }).toString()}`;
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'gatehouse',
      redirect_uri: forgery.redirectUri ?? back,
      scope: forgery.scope,
      state,
      ...(forgery.scope.includes('openid') ? { nonce: 'of the attacker' } : {}),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    return `${forgery.authorizationEndpoint}?${query.toString()}`;
  }

  #metadata(): object {
    const { issuer } = this;
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    };
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
