import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { HttpStub, type StubRequest } from '@gatehouse/testing/http-stub';

/** One request to a token or revocation endpoint, and what the provider answered. */
export interface Seen {
  readonly path: string;
  readonly form: URLSearchParams;
  readonly status: number;
  readonly answer: Readonly<Record<string, unknown>>;
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What stands before a provider, as a reverse proxy does, and remembers what clients posted there. It changes nothing. */
export class WatchedProvider extends HttpStub {
  readonly seen: Seen[] = [];

  constructor(
    port: number,
    private readonly behind: number,
  ) {
    super(port);
  }

  tokenRequests(grantType: 'authorization_code' | 'refresh_token'): readonly Seen[] {
    return this.seen.filter(({ form }) => form.get('grant_type') === grantType);
  }

  /** Revocations (RFC 7009): a token, and no grant. */
  revocations(): readonly Seen[] {
    return this.seen.filter(({ form }) => form.has('token') && !form.has('grant_type'));
  }

  protected override async answer(request: StubRequest, response: ServerResponse): Promise<void> {
    const answered = await this.#ask(request);
    const type = request.headers['content-type'] ?? '';
    if (request.method === 'POST' && type.startsWith('application/x-www-form-urlencoded'))
      this.seen.push({
        path: request.url.pathname,
        form: new URLSearchParams(request.body),
        status: answered.status,
        answer: parsed(answered.body),
      });
    const { headers } = answered;
    // It is sent in one piece.
    delete headers['transfer-encoding'];
    response.writeHead(answered.status, headers).end(answered.body);
  }

  #ask({ method, url, headers, body }: StubRequest): Promise<Answered> {
    // So that what was answered can be read here.
    const sent = { ...headers, 'accept-encoding': 'identity' };
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        { host: '127.0.0.1', port: this.behind, method, path: url.pathname + url.search, headers: sent },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.once('error', reject);
          incoming.once('end', () =>
            resolve({
              status: incoming.statusCode ?? 502,
              headers: incoming.headers,
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
