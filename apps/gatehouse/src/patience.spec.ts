import { expect, test } from '@jest/globals';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { Cannot } from './cannot.js';
import { Output } from './output.js';
import { Patience, patienceMs } from './patience.js';
import { KeptText } from './terminal.fixture.js';

/** Fails with one error after the other, and is done then. */
function failing(...errors: readonly Error[]): { work: () => Promise<string>; tries: () => number } {
  let tries = 0;
  return {
    work: () => {
      const error = errors[tries];
      tries += 1;
      return error === undefined ? Promise.resolve('done') : Promise.reject(error);
    },
    tries: () => tries,
  };
}

const away = (name: string): Cannot => new Cannot(`${name} is away.`, 'tryAgain');

test('what can be done later is tried again, and each reason to wait is said once', async () => {
  const text = new KeptText();
  const { work, tries } = failing(away('one'), away('one'), away('two'));
  const patience = new Patience(10 * MINUTE_MS, new Output(text));
  expect(await patience.untilDone(work)).toBe('done');
  expect(tries()).toBe(4);
  expect(text.text).toBe('Waiting. one is away.\nWaiting. two is away.\n');
});

test.each([
  ['a fault that lasts', new Cannot('edited', 'failed')],
  ['a wrong configuration', new Cannot('no secret', 'configuration')],
  ['an error that nobody thought of', new Error('bug')],
])('%s is thrown at once', async (_name, error) => {
  const text = new KeptText();
  const { work, tries } = failing(error);
  await expect(new Patience(10 * MINUTE_MS, new Output(text)).untilDone(work)).rejects.toBe(error);
  expect([tries(), text.text]).toEqual([1, '']);
});

test('without patience nothing is tried again', async () => {
  const { work, tries } = failing(away('one'));
  await expect(new Patience(0, new Output(new KeptText())).untilDone(work)).rejects.toThrow('one is away.');
  expect(tries()).toBe(1);
});

test('how long is a duration, and left out it is nothing', () => {
  expect([patienceMs('--wait', '2m'), patienceMs('--wait', undefined)]).toEqual([2 * MINUTE_MS, 0]);
  expect(() => patienceMs('--wait', '2')).toThrow('--wait 2: write a duration, such as 2m.');
});
