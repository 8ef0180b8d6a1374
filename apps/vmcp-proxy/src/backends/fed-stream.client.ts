import type { BackendResponse } from './backend-response.client.js';
import type { MessageStream } from './message-stream.js';

/** Hands a response's body to a stream of messages. Resolves at the body's end; rejects with the reason of an end before that. */
export const fed = async (stream: MessageStream, response: BackendResponse): Promise<void> =>
  await new Promise((resolve, reject) => {
    response.pipe({
      data: (chunk) => {
        stream.push(chunk);
        return true;
      },
      end: () => {
        stream.end();
        resolve();
      },
      fail: reject,
    });
  });
