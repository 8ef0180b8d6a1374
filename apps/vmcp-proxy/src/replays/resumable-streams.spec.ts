import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { MIB } from '@gatehouse/kernel/sizes';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { RefusedJson } from '../json/refused-json.js';
import type { Answer } from '../mcp/answer.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import { fail } from '../edge/refused-requests.js';
import { MAX_OPEN_BYTES, ResumableStreams } from './resumable-streams.flow.js';

const KEEP_ALIVE_MS = 5_000;
const session: McpSession = {
  id: 's'.repeat(43),
  digest: 'digest of the session',
  issuer: 'https://issuer.example',
  subject: 'somebody',
  writtenAtMs: 0,
  protocolVersion: '2025-11-25',
  clientInfo: {},
  capabilities: {},
};

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** An HTTP response, whose client a test plays. */
class Response implements Answer {
  readonly isLive = true;
  readonly isEventStream = true;
  begun = false;
  text = '';
  isEnded = false;
  #closed: (() => void)[] = [];

  whole(_status: number, _contentType: string, body: Buffer | string): void {
    this.begin(200, '', body);
  }
  pieces(): void {
    this.begin();
  }
  empty(): void {
    this.begin();
  }
  begin(_status?: number, _contentType?: string, first: Buffer | string = ''): void {
    if (this.begun) throw new Error('the head was sent already');
    this.begun = true;
    this.text += first.toString('latin1');
  }
  write(chunk: Buffer | string): boolean {
    this.text += chunk.toString('latin1');
    return true;
  }
  message(): boolean {
    return true;
  }
  lastMessage(): boolean {
    return true;
  }
  end(): void {
    this.isEnded = true;
  }
  breakOff(): void {
    this.isEnded = true;
  }
  onDrain(): void {
    // It never is full.
  }
  onGone(): void {
    // A test says so to the stream.
  }
  onClosed(callback: () => void): void {
    this.#closed.push(callback);
  }

  /** The client has all of it, or is gone. */
  close(): void {
    for (const callback of this.#closed.splice(0)) callback();
  }
}

function streams(bytesPerStream = 262_144) {
  const bounds = { keepForMs: 60_000, bytesPerStream, streamsPerSession: 16 };
  const around = { shared: { write: async () => await Promise.resolve() }, log: new SilentLog() };
  return new ResumableStreams('replica', bounds, KEEP_ALIVE_MS, around);
}

test('a call that was answered in place of its stream does not end the process when its sign of life is due', () => {
  const all = streams();
  const response = new Response();
  all.answerTo('1', session, response);
  response.whole(400, '', 'refused');
  jest.advanceTimersByTime(3 * KEEP_ALIVE_MS);
  expect(response.text).toBe('refused');
});

test('a stream that fails in the timer does not end the process, and keeps no sign of life from others', () => {
  const all = streams();
  const broken = new Response();
  broken.begin = () => {
    throw new Error('broken');
  };
  const well = new Response();
  all.answerTo('1', session, broken);
  all.answerTo('2', session, well);
  jest.advanceTimersByTime(2 * KEEP_ALIVE_MS + 1_000);
  expect(well.text).toContain('\n: still running');
});

test.each([
  ['an error of ours', new Error('inner words')],
  ['refused JSON', new RefusedJson('too_large')],
  ['no room', new GatehouseError('busy', 'inner words')],
])(
  'a call that ends with %s when its stream has begun is answered there; nobody waits for ever',
  (_what, error) => {
    const all = streams();
    const response = new Response();
    const answer = all.answerTo('the-call', session, response);
    jest.advanceTimersByTime(KEEP_ALIVE_MS + 1_000);
    expect(response.begun).toBe(true);
    fail(answer, error, new SilentLog(), 'the-call');
    expect(response.text).toMatch(/data: .*"id":"the-call".*"error"/);
    expect(response.text).not.toContain('inner words');
    expect([response.isEnded, all.size]).toEqual([true, 0]);
  },
);

test('a refusal by status, when the stream has begun, is an error for its request', () => {
  const all = streams();
  const response = new Response();
  const answer = all.answerTo('the-call', session, response);
  answer.open();
  answer.empty(401);
  expect(response.text).toMatch(/^id: e\..*\nevent: message\ndata: .*"id":"the-call".*"error":.*401/m);
  expect(response.isEnded).toBe(true);
});

test('an answer counts as its person’s until all that read it have it, whoever came in place of whom', () => {
  const all = streams();
  const first = new Response();
  const answer = all.answerTo('1', session, first);
  answer.open();
  let isClosed = false;
  answer.onClosed(() => (isClosed = true));
  const second = new Response();
  expect(answer.stream?.resume(second, 0)).toBe('reading');
  answer.lastMessage(['{}']);
  expect([second.isEnded, isClosed]).toEqual([true, false]);
  first.close();
  expect(isClosed).toBe(false);
  second.close();
  expect(isClosed).toBe(true);
});

test('streams that are not over have a bound in common: the one that keeps most is emptied, and its client hears that', () => {
  const all = streams(MAX_OPEN_BYTES);
  const [small, large, more] = ['1', '2', '3'].map((id) => {
    const answer = all.answerTo(id, session, new Response());
    answer.open();
    return answer;
  });
  if (small === undefined || large === undefined || more === undefined) throw new Error('three');
  small.message(['small']);
  large.message(['x'.repeat(40 * MIB)]);
  more.message(['x'.repeat(30 * MIB)]);
  expect([small, large, more].map(({ stream }) => (stream?.bytes ?? 0) > 0)).toEqual([true, false, true]);
  const late = new Response();
  large.stream?.resume(late, 1);
  expect(late.text).toContain('than is kept');
  // What is over makes room: this would be too much otherwise.
  more.lastMessage(['{}']);
  const again = all.answerTo('4', session, new Response());
  again.open();
  again.message(['x'.repeat(50 * MIB)]);
  expect([small, again].map(({ stream }) => (stream?.bytes ?? 0) > 0)).toEqual([true, true]);
});
