import { safeFetch, type SafeFetchOptions } from './safe-fetch.js';

/** The part of `fetch` that protocol libraries use; redirects are never followed, whatever `init` asks for. */
export type FetchFunction = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string | Uint8Array | ArrayBuffer | URLSearchParams | ReadableStream | null | undefined;
    readonly signal?: AbortSignal | null | undefined;
  },
) => Promise<Response>;

/** `fetch` under the rules of {@link safeFetch}, for libraries that take one. */
export function fetchFunction(options: SafeFetchOptions): FetchFunction {
  return async (url, init) => {
    const body = bodyOf(init.body);
    const {
      status,
      headers,
      body: bytes,
    } = await safeFetch(
      {
        url,
        method: init.method,
        headers: withContentType(init.headers, init.body),
        ...(body === undefined ? {} : { body }),
      },
      { ...options, ...(init.signal === null || init.signal === undefined ? {} : { signal: init.signal }) },
    );
    return new Response(NO_BODY.has(status) ? null : new Uint8Array(bytes), { status, headers });
  };
}

/** Statuses with which a `Response` may not have a body (Fetch, null body status). */
const NO_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

type Body = Parameters<FetchFunction>[1]['body'];

function bodyOf(body: Body): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (body instanceof URLSearchParams) return body.toString();
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new TypeError('a stream cannot be sent with this fetch');
}

function withContentType(headers: Record<string, string>, body: Body): Record<string, string> {
  const named = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return body instanceof URLSearchParams && !named
    ? { ...headers, 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }
    : headers;
}
