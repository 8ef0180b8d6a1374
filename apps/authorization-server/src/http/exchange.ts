import type { IncomingMessage, ServerResponse } from 'node:http';

/** A browser's request and the answer to it, as Node has them. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}
