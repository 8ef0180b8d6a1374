import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { expect, test } from '@jest/globals';
import { Cancellation } from '../backends/cancellation.js';
import type { Answer } from '../mcp/answer.js';
import type { HandedStream } from './handed-stream.js';
import { RetryHandovers } from './retry-handovers.flow.js';

const REQUEST = { place: '', headers: {}, body: '{}' };

function handovers(wasSent = true) {
  const said: HandedStream['said'][] = [];
  const say = async (_: string, one: HandedStream): Promise<boolean> => {
    said.push(one.said);
    return await Promise.resolve(wasSent);
  };
  const log = { failure: () => undefined };
  return { said, retries: new RetryHandovers({ say }, 'here', log, 60_000) };
}

const answerTo = (isGone: boolean): Answer =>
  ({ begun: false, onGone: (callback: () => void) => isGone && callback() }) as unknown as Answer;

test('answers of a client that has gone already are not used up: nothing is handed over', async () => {
  const { said, retries } = handovers();
  await retries.handOn('there', REQUEST, answerTo(true), new Cancellation());
  expect(said).toEqual([]);
});

test.each([
  ['that says nothing', true],
  ['that the bus does not take it to', false],
])('a replica %s hears that nobody waits any more, if it hears anything', async (_, wasSent) => {
  const { said, retries } = handovers(wasSent);
  const handed = retries.handOn('there', REQUEST, answerTo(false), new Cancellation());
  await expect(handed).rejects.toMatchObject({ code: 'unavailable', details: { ran: 'maybe' } });
  expect(said).toEqual(['retried', 'left']);
});

test('a call that is ended here while it waits elsewhere ends there', async () => {
  const { said, retries } = handovers();
  const cancellation = new Cancellation();
  const handed = retries.handOn('there', REQUEST, answerTo(false), cancellation);
  const why = new GatehouseError('unavailable', 'the end');
  cancellation.cancel(why);
  await expect(handed).rejects.toBe(why);
  expect(said).toEqual(['retried', 'left']);
});
