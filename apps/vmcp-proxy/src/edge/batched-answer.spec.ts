import { expect, test } from '@jest/globals';
import { EVENT_STREAM_TYPE, JSON_TYPE } from '../mcp/answer.js';
import { BatchedAnswer, BatchRoom } from './batched-answer.js';

const batch = { onClosed: (): void => undefined, onGone: (): void => undefined };
const answerIn = (room: BatchRoom, id: unknown = 1): BatchedAnswer => new BatchedAnswer(id, room, batch);
const textsOf = async (answer: BatchedAnswer): Promise<readonly unknown[]> =>
  (await answer.texts()).map((text) => JSON.parse(text) as unknown);

test('what did not fit makes room for the others', async () => {
  const room = new BatchRoom(100);
  const [large, small] = [answerIn(room), answerIn(room, 2)];
  large.begin(200, EVENT_STREAM_TYPE);
  large.write('x'.repeat(60));
  large.write('x'.repeat(60));
  small.whole(200, JSON_TYPE, JSON.stringify({ text: 'x'.repeat(80) }));
  expect(await textsOf(large)).toMatchObject([{ id: 1, error: { code: -31_000 } }]);
  expect(await textsOf(small)).toEqual([{ text: 'x'.repeat(80) }]);
});

test('what comes after the end of one that did not fit changes nothing', async () => {
  const room = new BatchRoom(10);
  const answer = answerIn(room);
  let stopped = 0;
  answer.onGone(() => (stopped += 1));
  answer.begin(200, JSON_TYPE);
  answer.write('x'.repeat(11));
  answer.write('x');
  answer.breakOff();
  answer.end();
  answer.onGone(() => (stopped += 1));
  expect(stopped).toBe(2);
  expect(await textsOf(answer)).toMatchObject([
    { id: 1, error: { message: expect.stringMatching(/too large/) } },
  ]);
  expect(room.take(10)).toBe(true);
});

test('half an answer, or a refusal that is only a status, still answers its request', async () => {
  const [half, refused] = [answerIn(new BatchRoom(100), 'half'), answerIn(new BatchRoom(100), 'refused')];
  half.begin(200, JSON_TYPE);
  half.write('{"jsonrpc"');
  half.breakOff();
  refused.empty(401);
  expect(await textsOf(half)).toMatchObject([{ id: 'half', error: { message: 'the answer broke off' } }]);
  expect(await textsOf(refused)).toMatchObject([
    { id: 'refused', error: { message: expect.stringMatching(/401/) } },
  ]);
});

test('a notification, and a request that its client cancelled, get no answer', async () => {
  const [notification, cancelled] = [answerIn(new BatchRoom(100), undefined), answerIn(new BatchRoom(100))];
  notification.empty(202);
  cancelled.empty(202);
  expect(await notification.texts()).toEqual([]);
  expect(await cancelled.texts()).toEqual([]);
});
