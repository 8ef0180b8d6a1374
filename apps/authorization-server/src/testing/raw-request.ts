import { request as send } from 'node:http';
import { percentEncoded } from '@gatehouse/testing/nasty-text';

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly location: string;
  readonly text: string;
}

let callers = 0;

/** Sends a request as it is written, with nothing normalised on the way, from somebody who never asked before. */
export async function ask(
  port: number,
  { method = 'GET', path, headers, body }: RawRequest,
): Promise<RawAnswer> {
  callers += 1;
  const from = `10.${(callers >> 16) & 255}.${(callers >> 8) & 255}.${callers & 255}`;
  return await new Promise((resolve, reject) => {
    const request = send(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        agent: false,
        headers: { 'x-forwarded-for': from, accept: 'text/html', ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '', text }),
        );
      },
    );
    request.on('error', reject).end(body);
  });
}

export const form = (
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Omit<RawRequest, 'path'> => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  body: Object.entries(fields)
    .map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`)
    .join('&'),
});
