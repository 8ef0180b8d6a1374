import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { MessageReader } from '../backends/message-reader.js';
import type { Peer } from '../backends/peer.js';
import { principalKey, type Principal } from '../incoming-auth/principal.js';
import type { JsonObject } from '../mcp/message.js';
import { BackendQuestions } from './backend-questions.js';
import { BetweenCalls } from './between-calls.flow.js';
import { legacyClientWith } from './message-gate.fixture.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const ALICE: Principal = {
  issuer: 'i',
  subject: 'alice',
  clientId: 'c',
  scopes: new Set(),
  key: principalKey('i', 'alice', 't'),
};

/** A client that listens, and the sessions that its backends have. */
function listening() {
  const client = legacyClientWith({ elicitation: {}, roots: {} });
  if (client.era === 'modern') throw new Error('it has no session');
  const { session } = client;
  const now = { reads: true };
  const told: JsonObject[] = [];
  const replies: JsonObject[] = [];
  const dropped = new Set<Peer>();
  const questions = new BackendQuestions('A'.repeat(43));
  const between = new BetweenCalls(
    {
      listens: () => true,
      reads: () => now.reads,
      tell: (_session, text) => {
        if (now.reads) told.push(JSON.parse(text.map(String).join('')) as JsonObject);
        return now.reads;
      },
    },
    questions,
    {
      keeps: (peer) => !dropped.has(peer),
      isLeft: () => false,
      answerQuestion: (_backend, _principal, _peer, response) =>
        replies.push(JSON.parse(String(response)) as JsonObject),
    },
    { backendChanged: () => undefined },
  );
  const sessionAt = (backend: string) => {
    const peer: Peer = { era: 'legacy', version: '2025-11-25', session: { id: 'b', key: 'k' } };
    const say = (message: JsonObject): boolean => {
      const reader = new MessageReader();
      reader.push(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message })));
      const [read] = reader.end();
      if (read === undefined) throw new Error('no message');
      return between.take({ backend, principal: ALICE, peer, client: session }, read);
    };
    const ask = (id: number): boolean => say({ id, method: 'roots/list' });
    return { say, ask, drop: () => void dropped.add(peer) };
  };
  const openAt = (id: unknown) => questions.take(session.digest, String(id));
  return { now, told, replies, sessionAt, openAt };
}

test('a backend whose question between calls nobody answers hears so after ten minutes, and may ask again', () => {
  const { told, replies, sessionAt, openAt } = listening();
  const { ask } = sessionAt('b');
  expect(ask(0)).toBe(true);
  jest.advanceTimersByTime(10 * MINUTE_MS - 1);
  expect(replies).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(replies).toMatchObject([{ id: 0, error: { message: 'the client was asked, and gives no answer' } }]);
  expect(openAt(told[0]?.['id'])).toBeUndefined();
  for (let id = 1; id <= 32; id += 1) expect(ask(id)).toBe(true);
});

test('attack: a backend that asks and asks between calls keeps no other one from asking that person', () => {
  const { told, sessionAt } = listening();
  for (let sessions = 0; sessions < 4; sessions += 1) {
    const { ask } = sessionAt('hostile');
    for (let id = 0; id < 64; id += 1) ask(id);
  }
  expect(told).toHaveLength(32);
  expect(sessionAt('other').ask(0)).toBe(true);
  expect(told).toHaveLength(33);
});

test('a client that does not read is asked nothing: no question is open, and the next one reaches it', () => {
  const { now, told, sessionAt } = listening();
  const { ask } = sessionAt('b');
  now.reads = false;
  for (let id = 0; id < 100; id += 1) expect(ask(id)).toBe(false);
  now.reads = true;
  for (let id = 0; id < 32; id += 1) expect(ask(id)).toBe(true);
  expect(told).toHaveLength(32);
});

test('the next session of a backend numbers its questions anew, and its answers count', () => {
  const { told, sessionAt, openAt } = listening();
  const before = sessionAt('b');
  for (let id = 0; id < 32; id += 1) before.ask(id);
  before.drop();
  const after = sessionAt('b');
  expect(after.ask(0)).toBe(true);
  expect(told).toHaveLength(33);
  expect(openAt(told[32]?.['id'])?.isWanted?.()).toBe(true);
  // What was asked in the session that is over counts no more.
  expect(openAt(told[0]?.['id'])).toBeUndefined();
});

test('a second question of one id is not answered with an error: that would be the answer to the first one', () => {
  const { told, replies, sessionAt, openAt } = listening();
  const { ask } = sessionAt('b');
  expect([ask(0), ask(0)]).toEqual([true, true]);
  expect(told).toHaveLength(1);
  expect(replies).toEqual([]);
  expect(openAt(told[0]?.['id'])?.id).toBe(0);
});

test('what a backend takes back between calls is taken back at the client, and has no error later', () => {
  const { told, replies, sessionAt, openAt } = listening();
  const { ask, say } = sessionAt('b');
  ask(7);
  expect(say({ method: 'notifications/cancelled', params: { requestId: 7 } })).toBe(true);
  const [question, taken] = told;
  expect(taken).toMatchObject({
    method: 'notifications/cancelled',
    params: { requestId: question?.['id'] },
  });
  expect(openAt(question?.['id'])).toBeUndefined();
  jest.advanceTimersByTime(10 * MINUTE_MS);
  expect(replies).toEqual([]);
});
