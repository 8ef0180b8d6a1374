import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Cancellation } from '../backends/cancellation.js';
import { principalKey, type Principal } from '../incoming-auth/principal.js';
import { RawJson } from '../json/raw-json.js';
import type { Pieces } from '../json/held-value.js';
import type { Answer } from '../mcp/answer.js';
import { eventPieces } from '../mcp/event-pieces.js';
import type { JsonObject } from '../mcp/message.js';
import { messagesIn } from './asked-client.fixture.js';
import { BackendQuestions } from './backend-questions.js';
import { CallTime } from './call-time.js';
import { CANCELLED } from './in-flight.js';
import { InputRound } from './input-round.flow.js';
import type { InputRequest } from './input-required.js';
import { LiveStream } from './live-stream.js';
import { legacyClientWith } from './message-gate.fixture.js';

const TIMEOUT_MS = 3_000;
const ALICE: Principal = {
  issuer: 'i',
  subject: 'alice',
  clientId: 'c',
  scopes: new Set(),
  key: principalKey('i', 'alice', 't'),
};

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function sessionOf() {
  const client = legacyClientWith();
  if (client.era === 'modern') throw new Error('it has no session');
  return client.session;
}

/** A round whose client is played by hand. */
function roundOf(requests: readonly InputRequest[]) {
  let written = '';
  const answer = {
    begun: false,
    begin: () => undefined,
    write: (chunk: Buffer | string) => (written += chunk.toString()).length > 0,
    message: (text: Pieces) => (written += eventPieces(text).map(String).join('')).length > 0,
    onDrain: () => undefined,
    onClosed: () => undefined,
  };
  const questions = new BackendQuestions('A'.repeat(43));
  const time = new CallTime({ timeoutMs: TIMEOUT_MS, maxTimeoutMs: TIMEOUT_MS });
  const cancellation = new Cancellation();
  const facts = { backend: 'b', principal: ALICE, time, cancellation, keepAliveMs: 10_000 };
  // The methods that are called.
  const stream = new LiveStream(answer as unknown as Answer);
  const session = sessionOf();
  const outcome = new InputRound(facts, questions, stream)
    .run({ session, requests, requestState: undefined })
    .then(
      (value) => value,
      (error: unknown) => error,
    );
  const say = (id: unknown, said: JsonObject): void => {
    const question = questions.take(session.digest, id);
    const body = RawJson.read(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, ...said }))).object();
    if (body !== undefined) question?.answer?.(body);
  };
  return { outcome, say, time, cancellation, heard: () => messagesIn(written), written: () => written };
}

const FORM = { key: 'k', method: 'elicitation/create', params: { message: 'Sure?' } };

test('people answer at their own pace, the stream shows meanwhile that it lives, and then the backend has its time again', async () => {
  const { outcome, say, time, heard, written } = roundOf([FORM]);
  jest.advanceTimersByTime(9 * 60_000);
  expect(written().match(/^: /gm)).toHaveLength(54);
  say(heard()[0]?.['id'], { result: { action: 'decline' } });
  expect(await outcome).toMatchObject({ kind: 'answered' });
  expect(time.leftMs).toBe(TIMEOUT_MS);
  expect(jest.getTimerCount()).toBe(0);
});

test('a question that nobody answers is taken back after ten minutes, and the call ends', async () => {
  const { outcome, say, heard } = roundOf([FORM]);
  jest.advanceTimersByTime(10 * 60_000);
  expect(await outcome).toMatchObject({ code: 'deadline_exceeded', details: { ran: 'maybe' } });
  const [question, takenBack] = heard();
  expect(takenBack).toMatchObject({
    method: 'notifications/cancelled',
    params: { requestId: question?.['id'] },
  });
  say(question?.['id'], { result: { action: 'accept' } });
  expect(jest.getTimerCount()).toBe(0);
});

test('while one of several questions is open, the others are no end', async () => {
  const { outcome, say, heard, time } = roundOf([
    FORM,
    { key: 'r', method: 'roots/list', params: undefined },
  ]);
  const ids = heard().map(({ id }) => id);
  say(ids[1], { result: { roots: [] } });
  expect(time.leftMs).toBe(600_000);
  say(ids[0], { result: { action: 'cancel' } });
  expect(await outcome).toMatchObject({ kind: 'answered' });
});

test('a call that is cancelled asks nothing more', async () => {
  const { outcome, cancellation, heard } = roundOf([FORM]);
  cancellation.cancel(CANCELLED);
  expect(await outcome).toBe(CANCELLED);
  expect(heard()).toHaveLength(1);
  expect(jest.getTimerCount()).toBe(0);
});

test('a user who was asked too much already is not asked, and what was asked is taken back', async () => {
  const requests = Array.from({ length: 65 }, (_, index) => ({ ...FORM, key: String(index) }));
  const { outcome, heard } = roundOf(requests);
  expect(await outcome).toMatchObject({ kind: 'failed' });
  expect(heard().filter(({ method }) => method === 'elicitation/create')).toHaveLength(32);
  expect(heard().filter(({ method }) => method === 'notifications/cancelled')).toHaveLength(32);
});

test('answers of megabytes end the call before they are kept together', async () => {
  const requests = ['a', 'b'].map((key) => ({ key, method: 'roots/list', params: undefined }));
  const { outcome, say, heard } = roundOf(requests);
  for (const { id } of heard()) say(id, { result: { roots: ['x'.repeat(3_000_000)] } });
  expect(await outcome).toMatchObject({ kind: 'failed' });
});
