import { until } from '@gatehouse/testing/until';
import { expect, test } from '@jest/globals';
import { Loop } from './loop.job.js';

test('a change during a look leads to another look; many changes to one', async () => {
  let looks = 0;
  let goOn = (): void => undefined;
  const loop = new Loop(
    async () => {
      looks += 1;
      if (looks === 1) await new Promise<void>((resolve) => (goOn = resolve));
    },
    () => undefined,
  );
  loop.changed();
  loop.changed();
  await until(() => looks === 1);
  loop.changed();
  loop.changed();
  goOn();
  await until(() => looks === 2);
  await loop.stop();
  loop.changed();
  expect(looks).toBe(2);
});

test('a look that fails is heard of, and is done again', async () => {
  const heard: unknown[] = [];
  let looks = 0;
  const failure = new Error('the API is away');
  const loop = new Loop(
    () => {
      looks += 1;
      return looks === 1 ? Promise.reject(failure) : Promise.resolve();
    },
    (error) => heard.push(error),
  );
  loop.changed();
  await until(() => looks === 2);
  expect(heard).toEqual([failure]);
  await loop.stop();
});
