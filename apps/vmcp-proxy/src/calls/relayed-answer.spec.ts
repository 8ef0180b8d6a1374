import { expect, test } from '@jest/globals';
import type { Answer } from '../mcp/answer.js';
import { RelayedAnswer } from './relayed-answer.js';

function target() {
  const facts = { written: '', ends: 0 };
  const callbacks = {
    drain: (): void => undefined,
    closed: (): void => undefined,
    gone: (): void => undefined,
  };
  const answer: Answer = {
    begun: false,
    isLive: true,
    isEventStream: false,
    whole: (_status, _type, body) => void (facts.written += body.toString()),
    pieces: (_status, _type, body) => void (facts.written += body.map(String).join('')),
    empty: (status) => void (facts.written += `empty ${status}`),
    begin: (status) => void (facts.written += `begin ${status} `),
    write: (chunk) => {
      facts.written += chunk.toString();
      return false;
    },
    message: (text) => {
      facts.written += `message ${text.map(String).join('')} `;
      return false;
    },
    lastMessage: (text) => {
      facts.written += `last ${text.map(String).join('')} `;
      return true;
    },
    end: () => void (facts.ends += 1),
    breakOff: () => void (facts.written += 'broken'),
    onDrain: (callback) => (callbacks.drain = callback),
    onClosed: (callback) => (callbacks.closed = callback),
    onGone: (callback) => (callbacks.gone = callback),
  };
  return { answer, facts, callbacks };
}

test('what is written goes to who waits, and nowhere while nobody does', () => {
  const relayed = new RelayedAnswer();
  const [one, two] = [target(), target()];
  expect([relayed.write('lost'), relayed.message(['lost']), relayed.lastMessage(['lost'])]).toEqual([
    true,
    true,
    true,
  ]);
  relayed.to(one.answer);
  expect([relayed.write('a'), relayed.message(['m']), relayed.lastMessage(['l'])]).toEqual([
    false,
    false,
    true,
  ]);
  relayed.end();
  relayed.release();
  relayed.whole(200, 't', 'lost');
  relayed.empty(202);
  relayed.breakOff();
  relayed.end();
  expect([relayed.begun, relayed.isEventStream]).toEqual([false, false]);
  relayed.to(two.answer);
  relayed.begin(200, 't');
  relayed.pieces(200, 't', ['b', Buffer.from('c')]);
  relayed.empty(204);
  relayed.breakOff();
  expect([one.facts, two.facts]).toEqual([
    { written: 'amessage m last l ', ends: 1 },
    { written: 'begin 200 bcempty 204broken', ends: 0 },
  ]);
});

test('a request that is over, or has a successor, is not waited for', () => {
  const relayed = new RelayedAnswer();
  const [one, two] = [target(), target()];
  const heard: string[] = [];
  relayed.to(one.answer);
  relayed.onDrain(() => heard.push('drain'));
  relayed.onClosed(() => heard.push('closed'));
  relayed.onGone(() => heard.push('gone'));
  one.callbacks.drain();
  one.callbacks.closed();
  expect(heard.splice(0)).toEqual(['drain', 'drain', 'closed']);
  relayed.to(two.answer);
  expect(heard.splice(0)).toEqual(['drain']);
  one.callbacks.drain();
  one.callbacks.closed();
  one.callbacks.gone();
  expect(heard).toEqual([]);
  two.callbacks.gone();
  two.callbacks.closed();
  expect(heard).toEqual(['gone', 'drain', 'closed']);
});

test('a client that was gone before anybody asked is gone', () => {
  const relayed = new RelayedAnswer();
  const one = target();
  relayed.to(one.answer);
  one.callbacks.gone();
  one.callbacks.closed();
  const heard: string[] = [];
  relayed.onGone(() => heard.push('gone'));
  relayed.onClosed(() => heard.push('closed'));
  expect(heard).toEqual(['gone', 'closed']);
});
