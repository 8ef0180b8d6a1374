import { errorText, type RequestId } from '../mcp/message.js';
import { GATEWAY_FAILURE } from '../mcp/protocol.js';

/** How long a client waits before it comes back (WHATWG HTML, section 9.2.6; SEP-1699). */
const COME_BACK_AFTER_MS = 1_000;

const failed = (code: string, message: string) => ({
  code: GATEWAY_FAILURE,
  message,
  // It may have been done.
  data: { code, retry: 'check-first' },
});

/** More came than is kept. */
export const notKept = (id: RequestId): string =>
  errorText(
    id,
    failed(
      'busy',
      'more was sent while the connection was gone than is kept; it is not known what became of the call',
    ),
  );

/** The replica that ran the call does not answer. */
export const replicaGone = (id: RequestId): string =>
  errorText(
    id,
    failed(
      'unavailable',
      'the part of the gateway that ran the call is gone; it is not known what became of the call',
    ),
  );

/** The replica that runs the call stops, and its client is not there. */
export const replicaStops = (id: RequestId): string =>
  errorText(id, failed('unavailable', 'the gateway was restarted; it is not known what became of the call'));

/** What was refused by its status has a stream already. */
export const refusedLate = (id: RequestId, status: number): string =>
  errorText(id, {
    code: GATEWAY_FAILURE,
    message: `the request was refused (HTTP status ${status}) when its stream had begun; the same request again is told why`,
    data: { code: status === 401 ? 'session_closed' : 'request_invalid', retry: 'after-action' },
  });

/** An event that only says where the stream is, and when to come back: older clients take the empty data for a message. */
export const placeEvent = (id: string): string => `id: ${id}\nretry: ${COME_BACK_AFTER_MS}\ndata: \n\n`;

export const idLine = (id: string): string => `id: ${id}\n`;
