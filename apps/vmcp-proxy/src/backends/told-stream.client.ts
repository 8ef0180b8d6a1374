import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { BackendMessage } from './backend-message.js';
import type { BackendResponse } from './backend-response.client.js';
import { fed } from './fed-stream.client.js';
import { MessageStream, type StreamPosition } from './message-stream.js';

/** For whoever closes the stream. */
export const NOBODY_LISTENS = new GatehouseError('deadline_exceeded', 'nobody listens any more');
/** What is told there is short. */
const MAX_EVENT_BYTES = 1_048_576;

/**
 * Reads the stream on which a backend tells what nobody asked for. Resolves when it has ended, in whatever way.
 * @param take `undefined`: an event that is no message.
 */
export async function readTold(
  response: BackendResponse,
  take: (message: BackendMessage | undefined) => void,
  position?: StreamPosition,
): Promise<void> {
  const stream = new MessageStream(
    {
      message: take,
      kept: () => true,
      eventEnds: () => undefined,
      skipped: () => undefined,
      tooLarge: () => response.stop(NOBODY_LISTENS),
    },
    MAX_EVENT_BYTES,
    position,
  );
  await fed(stream, response).catch(() => undefined);
}
