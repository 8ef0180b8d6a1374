import type { IncomingHttpHeaders } from 'node:http';

/** A request of the token endpoint, as it came. */
export interface TokenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body's parameters, whether it was a form or JSON. */
  readonly form: URLSearchParams;
}

/** Parameters of a form, or of JSON. */
export function parametersIn(body: string): URLSearchParams {
  if (!body.startsWith('{')) return new URLSearchParams(body);
  return new URLSearchParams(JSON.parse(body) as Record<string, string>);
}
