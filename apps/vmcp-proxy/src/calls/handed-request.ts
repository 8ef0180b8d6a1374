import type { HandedRequest } from '../replays/retry-handovers.flow.js';
import type { Call } from './call.js';
import { requestText } from './outbound.js';

/** What is looked at of a request's headers, the caller's token among them: it is verified again where the call waits. */
const HEADERS = [
  'authorization',
  'dpop',
  'accept',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'traceparent',
  'tracestate',
] as const;

/** A call as it came, for the replica at which it waits. */
export const handedRequest = ({ scope, headers, message, principal }: Call): HandedRequest => ({
  place: scope.place,
  headers: Object.fromEntries(
    HEADERS.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value] as const] : [];
    }),
  ),
  body: requestText(message.id, message.method, message.params).toString(),
  // What its token is bound to is what came with it, or it were no call.
  ...(principal.boundToCertificate === undefined ? {} : { certificate: principal.boundToCertificate }),
});
