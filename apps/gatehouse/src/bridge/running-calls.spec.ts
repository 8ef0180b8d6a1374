import { ServerResponse, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Answer } from './answer.js';
import type { RpcId } from './rpc-message.js';
import { RunningCalls } from './running-calls.js';

beforeAll(() => void jest.useFakeTimers());
afterAll(() => void jest.useRealTimers());

const anAnswer = (): Answer => new Answer(new ServerResponse(new IncomingMessage(new Socket())));

function calls() {
  const late: RpcId[] = [];
  const running: RunningCalls = new RunningCalls(
    () => 1_000,
    ({ id }) => {
      running.end(id);
      late.push(id);
    },
  );
  const add = (id: RpcId) =>
    running.add({ kind: 'request', id, method: 'tools/call', progressToken: undefined }, anAnswer());
  return { running, late, add };
}

test('a call that is not answered in its time is late, once', () => {
  const { running, late, add } = calls();
  add(1);
  jest.advanceTimersByTime(999);
  expect(late).toEqual([]);
  jest.advanceTimersByTime(5_000);
  expect([late, running.size]).toEqual([[1], 0]);
});

test('while a person is asked no call is late, also one that comes meanwhile; then each has its time anew', () => {
  const { running, late, add } = calls();
  add('before');
  jest.advanceTimersByTime(999);
  running.waitForPerson(true);
  add('meanwhile');
  jest.advanceTimersByTime(600_000);
  expect(late).toEqual([]);
  running.waitForPerson(false);
  jest.advanceTimersByTime(999);
  expect(late).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(late).toEqual(['before', 'meanwhile']);
});

test('a call that ended has no time any more', () => {
  const { running, late, add } = calls();
  add(1);
  running.waitForPerson(true);
  running.end(1);
  running.waitForPerson(false);
  jest.advanceTimersByTime(5_000);
  expect(late).toEqual([]);
});

test('a call is not another one that has its id later', () => {
  const { running, add } = calls();
  const first = add(1);
  expect(running.isRunning(first)).toBe(true);
  running.end(1);
  const second = add(1);
  expect([running.isRunning(first), running.isRunning(second)]).toEqual([false, true]);
  running.end(1);
});
