import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Answer } from './answer.js';
import { OpenQuestions } from './open-questions.js';
import type { RpcId } from './rpc-message.js';

beforeAll(() => void jest.useFakeTimers());
afterAll(() => void jest.useRealTimers());

const aStream = (): Answer => new Answer(new ServerResponse(new IncomingMessage(new Socket())));

function questions() {
  const refused: RpcId[] = [];
  const changes: boolean[] = [];
  const open = new OpenQuestions(
    (isAny) => changes.push(isAny),
    (id) => refused.push(id),
    1_000,
  );
  return { open, refused, changes };
}

test('an answer to what was not asked, or to what was answered, is none', () => {
  const { open } = questions();
  open.add('1', undefined);
  expect([open.close(1), open.close('1'), open.close('1')]).toEqual([false, true, false]);
});

test('it is said when the first one is asked, and when none is open any more', () => {
  const { open, changes } = questions();
  open.add('a', undefined);
  open.add('b', undefined);
  open.close('a');
  expect(changes).toEqual([true]);
  open.close('b');
  open.close('b');
  expect(changes).toEqual([true, false]);
});

test('a question that nobody answers is refused when its time is over, and a late answer is none', () => {
  const { open, refused, changes } = questions();
  open.add('q', aStream());
  jest.advanceTimersByTime(999);
  expect(refused).toEqual([]);
  jest.advanceTimersByTime(1);
  expect([refused, changes, open.close('q')]).toEqual([['q'], [true, false], false]);
});

test('with the stream of a call go the questions that were asked there, and no others', () => {
  const { open, refused } = questions();
  const [one, other] = [aStream(), aStream()];
  open.add(1, one);
  open.add(2, other);
  open.add(3, undefined);
  open.askedOn(3, one);
  open.askedOn('never asked', one);
  open.refuseThoseOn(one);
  expect(refused).toEqual([1, 3]);
  expect(open.close(2)).toBe(true);
});

test('a program that asks without end is refused, and asks again when there is room', () => {
  const { open, refused } = questions();
  let asked = 0;
  while (open.add(asked, undefined)) asked += 1;
  expect(refused).toEqual([asked]);
  open.refuse(0);
  expect(open.add('one more', undefined)).toBe(true);
});
