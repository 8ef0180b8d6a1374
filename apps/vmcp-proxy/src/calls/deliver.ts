import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { BackendResponse } from '../backends/backend-response.js';
import {
  ENDS_ITSELF_WITHIN_MS,
  EventReader,
  isEventStream,
  isJson,
  messageEvent,
} from '../backends/server-sent-events.js';
import { EVENT_STREAM_TYPE, JSON_TYPE, type Answer } from '../edge/answer.js';
import { parseFaithfully } from '../edge/faithful-json.js';
import { isObject, type JsonObject } from '../edge/message.js';

const MOST_PENDING_CHARACTERS = 33_554_432;
const MOST_JSON_BYTES = 33_554_432;

/** Turns one message of the backend into the client's; `undefined` drops it. */
export type Translate = (message: JsonObject) => JsonObject | undefined;

/**
 * Sends a 2xx answer of a backend on as it is, byte for byte and as it comes; resolves at its end.
 * @throws {GatehouseError} also in the middle: `answer.begun` tells.
 */
export async function passOn(response: BackendResponse, answer: Answer): Promise<void> {
  const contentType = contentTypeOf(response);
  const whole = response.takeWhole();
  if (whole !== undefined) {
    answer.whole(200, contentType, whole);
    return;
  }
  if (contentType === JSON_TYPE) {
    await stream(response, answer, contentType, (chunk) => answer.write(chunk));
    return;
  }
  const reader = new EventReader();
  await stream(response, answer, contentType, (chunk, answered) => {
    // An event that is too long to be watched goes on all the same.
    if (reader.pending <= MOST_PENDING_CHARACTERS && reader.push(chunk).some(isResponseText)) answered();
    return answer.write(chunk);
  });
}

/** As {@link passOn}, each message translated. */
export async function passOnTranslated(
  response: BackendResponse,
  answer: Answer,
  translate: Translate,
  statusOf: (message: JsonObject) => number,
): Promise<void> {
  if (contentTypeOf(response) === JSON_TYPE) {
    const message = translatedText(await response.text(MOST_JSON_BYTES), translate);
    if (message === undefined)
      throw new GatehouseError('backend_unavailable', 'the answer is not a JSON-RPC response', {
        details: { ran: 'maybe' },
      });
    answer.whole(statusOf(message), JSON_TYPE, JSON.stringify(message));
    return;
  }
  const reader = new EventReader();
  await stream(response, answer, EVENT_STREAM_TYPE, (chunk, answered) => {
    let wantsMore = true;
    for (const data of reader.push(chunk)) {
      const message = translatedText(data, translate);
      if (message === undefined) continue;
      wantsMore = answer.write(messageEvent(JSON.stringify(message)));
      if (isResponse(message)) answered();
    }
    if (reader.pending > MOST_PENDING_CHARACTERS)
      response.stop(
        new GatehouseError('backend_unavailable', 'an event has no end', { details: { ran: 'maybe' } }),
      );
    return wantsMore;
  });
}

/** @param data says `answered` when the response has gone on: what follows it cannot make the call fail. */
async function stream(
  response: BackendResponse,
  answer: Answer,
  contentType: string,
  data: (chunk: Buffer, answered: () => void) => boolean,
): Promise<void> {
  answer.begin(200, contentType);
  answer.onDrain(() => response.resume());
  let isAnswered = false;
  const answered = (): void => {
    isAnswered = true;
    response.expireAfter(ENDS_ITSELF_WITHIN_MS);
  };
  await new Promise<void>((resolve, reject) =>
    response.pipe({
      data: (chunk) => data(chunk, answered),
      end: resolve,
      fail: (error) => {
        if (isAnswered) resolve();
        else reject(error);
      },
    }),
  );
  answer.end();
}

/** A response needs no look at its id: the stream belongs to one request (MCP, transports). */
const isResponse = (message: JsonObject): boolean =>
  message['method'] === undefined && (message['result'] !== undefined || message['error'] !== undefined);

function isResponseText(text: string): boolean {
  // Most of what goes by is a notification, and need not be parsed.
  if (!/"(result|error)"\s*:/.test(text)) return false;
  try {
    const message: unknown = JSON.parse(text);
    return isObject(message) && isResponse(message);
  } catch {
    return false;
  }
}

function translatedText(text: string, translate: Translate): JsonObject | undefined {
  try {
    const message = parseFaithfully(text);
    return isObject(message) ? translate(message) : undefined;
  } catch {
    return undefined;
  }
}

/** Only the two content types of the protocol, and only unencoded: none of the backend's headers goes on as it is. */
function contentTypeOf(response: BackendResponse): string {
  const { 'content-type': contentType, 'content-encoding': encoding } = response.headers;
  if (encoding === undefined || encoding === 'identity') {
    if (isJson(contentType)) return JSON_TYPE;
    if (isEventStream(contentType)) return EVENT_STREAM_TYPE;
  }
  response.discard();
  throw new GatehouseError('backend_unavailable', 'the answer is neither JSON nor an event stream', {
    details: { ran: 'maybe' },
  });
}
