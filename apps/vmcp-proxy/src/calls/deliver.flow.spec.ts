import { describe, expect, test } from '@jest/globals';
import { BackendResponse } from '../backends/backend-response.client.js';
import { MAX_MESSAGE_BYTES } from '../backends/message-reader.js';
import { joined, type Pieces } from '../json/held-value.js';
import type { Answer } from '../mcp/answer.js';
import { eventPieces } from '../mcp/event-pieces.js';
import { BytesInFlight } from './bytes-in-flight.js';
import { AnswerBytes } from './answer-bytes.js';
import { deliver } from './deliver.flow.js';
import type { DropReason } from './dropped-messages.js';
import { gateFor, legacyClientWith } from './message-gate.fixture.js';

/**
 * A backend's answer that is given by hand, on its way to a client that may be slow.
 * @param early the whole answer, which is here before anybody reads it.
 */
function exchange(contentType: string, room = new BytesInFlight(1_073_741_824), early?: Buffer) {
  const facts = { written: '', ended: false, paused: 0, resumed: 0, aborted: false, isSlow: false };
  const dropped: DropReason[] = [];
  let drained: () => void = () => undefined;
  let closed: () => void = () => undefined;
  const response = new BackendResponse('b', () => undefined);
  const controller = {
    pause: () => (facts.paused += 1),
    resume: () => (facts.resumed += 1),
    abort: (error: Error) => {
      facts.aborted = true;
      response.onResponseError(undefined, error);
    },
  };
  type Controller = Parameters<BackendResponse['onRequestStart']>[0];
  // The three methods that are called.
  const handle = controller as unknown as Controller;
  const write = (chunk: Buffer | string): boolean => {
    facts.written += chunk.toString();
    return !facts.isSlow;
  };
  const message = (text: Pieces): boolean => write(Buffer.concat(joined(eventPieces(text))));
  const answer: Answer = {
    begun: false,
    isLive: true,
    isEventStream: false,
    whole: (_status, _type, body) => void write(body),
    pieces: (_status, _type, body) => body.forEach(write),
    empty: () => undefined,
    begin: () => undefined,
    write,
    message,
    lastMessage: (text) => {
      facts.ended = true;
      return message(text);
    },
    end: () => (facts.ended = true),
    breakOff: () => undefined,
    onDrain: (callback) => (drained = callback),
    onClosed: (callback) => (closed = callback),
    onGone: () => undefined,
  };
  response.onRequestStart(handle);
  response.onResponseStart(handle, 200, { 'content-type': contentType });
  const push = (text: string | Buffer): void => response.onResponseData(handle, Buffer.from(text));
  if (early !== undefined) {
    push(early);
    response.onResponseEnd();
  }
  const { gate } = gateFor({ client: legacyClientWith(), progressToken: 7 });
  const delivered = deliver(response, answer, {
    backend: 'b',
    gate,
    dropped: (reason) => dropped.push(reason),
    keepAliveMs: 60_000,
    resume: () => Promise.resolve(undefined),
    statusOf: () => 200,
    bytes: new AnswerBytes(room, 'person', (callback) => answer.onClosed(callback)),
  }).then(
    () => 'delivered',
    (error: unknown) => (error instanceof Error ? error.message : 'not an error'),
  );
  return {
    facts,
    dropped,
    delivered,
    push,
    end: () => response.onResponseEnd(),
    drain: () => drained(),
    close: () => closed(),
  };
}

const RESPONSE = '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
const PROGRESS = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7}}';
const event = (data: string): string => `data: ${data}\n\n`;

test('an event that is longer than anybody watches ends the call instead of going by unseen', async () => {
  const { push, delivered, facts } = exchange('text/event-stream');
  push('data: {"jsonrpc":"2.0","id":2,"result":{"x":"');
  const filling = Buffer.alloc(1_048_576, 'x');
  for (let count = 0; count * filling.length <= MAX_MESSAGE_BYTES; count += 1) push(filling);
  expect(await delivered).toBe('the answer is too large');
  expect([facts.written, facts.aborted]).toEqual(['', true]);
});

describe('an event of which nobody may have anything, and which its last chunk completes', () => {
  const filled = (length: number): Buffer => {
    const [head, tail] = ['data: {"jsonrpc":"2.0","id":1,"result":{"x":"', '"}}\n\n'];
    return Buffer.concat([
      Buffer.from(head),
      Buffer.alloc(length - head.length - tail.length, 'x'),
      Buffer.from(tail),
    ]);
  };
  const lines = Buffer.from(`${'data:\n'.repeat(100_001)}${event(RESPONSE)}`);
  const tooLarge = 'the answer is too large';

  test.each([
    ['is too long', filled(MAX_MESSAGE_BYTES + 200), undefined, tooLarge],
    ['has too many lines', lines, undefined, tooLarge],
    ['has no room', filled(200_000), 100_000, 'the answers to this person are too large together'],
  ])('%s: the call fails, and nothing is written after that', async (_what, bytes, room, why) => {
    for (const isEarly of [false, true]) {
      const { push, delivered, facts } = exchange(
        'text/event-stream',
        new BytesInFlight(room ?? 1_073_741_824),
        isEarly ? bytes : undefined,
      );
      if (!isEarly) push(Buffer.concat([bytes, Buffer.from(event(RESPONSE))]));
      expect(await delivered).toBe(why);
      expect([facts.written, facts.ended, facts.aborted]).toEqual(['', false, !isEarly]);
    }
  });
});

test('so does a JSON body, and one that is broken is not read to its end', async () => {
  const large = exchange('application/json');
  large.push('{"jsonrpc":"2.0","id":1,"result":{"x":"');
  const filling = Buffer.alloc(1_048_576, 'x');
  for (let count = 0; count * filling.length <= MAX_MESSAGE_BYTES; count += 1) large.push(filling);
  expect(await large.delivered).toBe('the answer is too large');
  const broken = exchange('application/json');
  broken.push('{"jsonrpc":"2.0","id":1,"result":}');
  expect(await broken.delivered).toBe('the answer is not the response to the request');
  expect(broken.facts.aborted).toBe(true);
});

test('an event of very many lines is no way to take memory', async () => {
  const { push, delivered } = exchange('text/event-stream');
  push('data: {\n');
  for (let count = 0; count < 11; count += 1) push('data:\n'.repeat(10_000));
  expect(await delivered).toBe('the answer is too large');
});

test('what comes after the response is counted and goes nowhere, in the same chunk or later', async () => {
  const { push, end, delivered, facts, dropped } = exchange('text/event-stream');
  push(event(`[${RESPONSE},${RESPONSE}]`) + event(PROGRESS));
  expect(await delivered).toBe('delivered');
  push(event(RESPONSE));
  end();
  expect(facts.written).toBe(`event: message\n${event(RESPONSE)}`);
  expect(facts.ended).toBe(true);
  expect(dropped).toEqual(['late', 'late', 'late']);
});

test('a client that reads slowly slows the backend, not the memory, and goes on when it has read', async () => {
  const { push, drain, delivered, facts } = exchange('text/event-stream');
  facts.isSlow = true;
  push(event(PROGRESS));
  expect([facts.paused, facts.resumed]).toEqual([1, 0]);
  drain();
  expect(facts.resumed).toBe(1);
  // A piece without a whole event writes nothing, so nothing would drain.
  push(event(PROGRESS).slice(0, 20));
  expect(facts.paused).toBe(1);
  push(event(PROGRESS).slice(20) + event(RESPONSE));
  expect(await delivered).toBe('delivered');
});

test('an event whose empty line is missing at the end of the stream is one all the same, if it is whole', async () => {
  const whole = exchange('text/event-stream');
  whole.push(`data: ${RESPONSE}`);
  whole.end();
  expect(await whole.delivered).toBe('delivered');
  const cut = exchange('text/event-stream');
  cut.push(`data: ${RESPONSE.slice(0, -1)}`);
  cut.end();
  expect(await cut.delivered).toBe('the stream ended without a response');
  expect([cut.facts.written, cut.dropped]).toEqual(['', ['malformed']]);
});

test('one person’s answers cannot fill the memory: what is kept is counted until the client has it', async () => {
  const MIB = 1_048_576;
  const large = `{"jsonrpc":"2.0","id":1,"result":{"x":"${'x'.repeat(MIB)}"}}`;
  const room = new BytesInFlight(2.5 * MIB);
  const first = exchange('application/json', room);
  const second = exchange('text/event-stream', room);
  second.facts.isSlow = true;
  first.push(large);
  first.end();
  second.push(event(PROGRESS));
  second.drain();
  second.push(event(large));
  expect(await Promise.all([first.delivered, second.delivered])).toEqual(['delivered', 'delivered']);
  for (const contentType of ['application/json', 'text/event-stream']) {
    const third = exchange(contentType, room);
    third.push(contentType === 'application/json' ? large : event(large));
    expect(await third.delivered).toBe('the answers to this person are too large together');
    third.close();
  }
  // A small one is not counted: calls are.
  const small = exchange('application/json', room);
  small.push(RESPONSE);
  small.end();
  expect(await small.delivered).toBe('delivered');
  first.close();
  const fourth = exchange('application/json', room);
  fourth.push(large);
  fourth.end();
  expect(await fourth.delivered).toBe('delivered');
  fourth.close();
  second.close();
  expect(room.hold('person').hasRoomFor(2.5 * MIB)).toBe(true);
});

test('a long stream of large events counts what is kept now, not what went by', async () => {
  const room = new BytesInFlight(1_048_576);
  const { push, delivered } = exchange('text/event-stream', room);
  const log = `{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"${'x'.repeat(500_000)}"}}`;
  for (let count = 0; count < 10; count += 1) push(event(log));
  push(event(RESPONSE));
  expect(await delivered).toBe('delivered');
  expect(room.hold('person').hasRoomFor(1_048_576)).toBe(true);
});
