import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { BackendMessage } from './backend-message.js';
import { tooLarge, type BackendResponse } from './backend-response.client.js';
import { MessageReader } from './message-reader.js';

type Messages = readonly (BackendMessage | undefined)[];

/** In the place of what is no message. */
const NONE: Messages = [undefined];

const NOT_JSON = new GatehouseError('backend_unavailable', 'the answer is not JSON');

/** Where bytes are counted that are kept. */
export interface Room {
  /** @returns false when there is none for them. */
  take(bytes: number): boolean;
}

/** @throws {GatehouseError} `busy` when there is no room. */
export const noRoom = (backend: string): GatehouseError =>
  new GatehouseError('busy', 'the answers to this person are too large together', {
    details: { backend, ran: 'maybe', retryAfterSeconds: '1' },
  });

/**
 * Reads the messages of a JSON body, as long as it can still hold any.
 * @returns `undefined` in the place of what is none; at once where the whole body is here.
 * @throws {GatehouseError} of the exchange, when the body is larger than allowed, or when there is no room for it.
 */
export function readMessages(
  response: BackendResponse,
  backend: string,
  mostBytes: number,
  room?: Room,
): Messages | Promise<Messages> {
  const reader = new MessageReader();
  const whole = response.takeWhole();
  if (whole !== undefined) {
    if (whole.length > mostBytes) throw tooLarge(backend);
    if (room?.take(whole.length) === false) throw noRoom(backend);
    reader.push(whole);
    return reader.end();
  }
  return new Promise((resolve, reject) =>
    response.pipe({
      data: (chunk) => {
        reader.push(chunk);
        if (reader.broken) response.stop(NOT_JSON);
        else if (reader.length > mostBytes) response.stop(tooLarge(backend));
        else if (room?.take(chunk.length) === false) response.stop(noRoom(backend));
        return true;
      },
      end: () => resolve(reader.end()),
      fail: (error) => {
        if (error === NOT_JSON) resolve(NONE);
        else reject(error);
      },
    }),
  );
}
