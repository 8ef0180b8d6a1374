import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** An answer to a request that cannot be served; `handle` turns it into the response. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads a body of at most `limitBytes` as UTF-8. */
export async function readBody(request: IncomingMessage, limitBytes = 65_536): Promise<string> {
  const chunks: Buffer[] = [];
  let received = 0;
  // Without `destroyOnReturn: false` leaving the loop early would cut the connection before the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > limitBytes) throw new HttpProblem(413, 'the request body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export const readForm = async (request: IncomingMessage): Promise<URLSearchParams> =>
  new URLSearchParams(await readBody(request));

/** Sends JSON that no cache may keep. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}

/** Sends a page without scripts that nobody may frame. */
export function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
  });
  response.end(html);
}

/** The path of a request, without its query. */
export const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0] ?? '/';

export const bearerToken = (request: IncomingMessage): string | undefined =>
  /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '')?.[1];

/** Where failures that nobody expected are told; the program's door prints them. */
export const unexpectedFailures = channel('demonstration:unexpected-failure');

/** Makes a listener of an asynchronous function; a failure becomes a JSON answer instead of an unhandled rejection. */
export function handle(
  work: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void,
): RequestListener {
  return (request, response) => {
    void (async () => {
      try {
        await work(request, response);
      } catch (error) {
        if (response.destroyed) return; // the caller has gone
        if (!(error instanceof HttpProblem)) unexpectedFailures.publish(error);
        if (response.headersSent) response.destroy();
        else if (error instanceof HttpProblem) sendJson(response, error.status, { error: error.message });
        else sendJson(response, 500, { error: 'server_error' });
      }
    })();
  };
}
