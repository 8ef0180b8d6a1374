import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AskBudget } from './ask-budget.js';

test('whatever happens in whatever order, repetitions are bounded by requests and by what helped', () => {
  const steps = fc.array(fc.constantFrom('asked', 'helped', 'take'), { maxLength: 400 });
  fc.assert(
    fc.property(steps, (run) => {
      const budget = new AskBudget();
      const count = { asked: 0, helped: 0, taken: 0 };
      for (const step of run) {
        if (step === 'take') count.taken += budget.take() ? 1 : 0;
        else {
          budget[step]();
          count[step] += 1;
        }
        expect(count.taken).toBeLessThanOrEqual(10 + count.asked * 0.1 + count.helped * 2 + 1e-9);
      }
    }),
  );
});

test('what was not used is not saved up without end', () => {
  const budget = new AskBudget();
  for (let request = 0; request < 10_000; request += 1) budget.asked();
  let taken = 0;
  while (budget.take()) taken += 1;
  expect(taken).toBe(10);
  // Nine requests earn less than one repetition, the tenth completes it.
  for (let request = 0; request < 9; request += 1) budget.asked();
  expect(budget.take()).toBe(false);
});
