import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { handle, HttpProblem, pathOf } from '../http/messages.js';

type Work = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** One HTTP server with several MCP endpoints, found by path. */
export function backendServer(endpoints: Readonly<Partial<Record<string, Work>>>): RequestListener {
  return handle(async (request, response) => {
    const endpoint = endpoints[pathOf(request)];
    if (endpoint === undefined) throw new HttpProblem(404, 'not_found');
    // Requests from web pages are refused (DNS rebinding; MCP, Streamable HTTP, security).
    if (request.headers.origin !== undefined) throw new HttpProblem(403, 'not for browsers');
    await endpoint(request, response);
  });
}
