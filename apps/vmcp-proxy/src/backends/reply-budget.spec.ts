import { expect, test } from '@jest/globals';
import { ReplyBudget } from './reply-budget.js';

test('a backend that pings every second for an hour is answered each time', () => {
  let nowMs = 0;
  const budget = new ReplyBudget(() => nowMs);
  for (; nowMs < 3_600_000; nowMs += 1_001) expect(budget.take()).toBe(true);
});

test('attack: of what a backend asks all at once the gateway answers sixty, and goes on a minute later', () => {
  let nowMs = 0;
  const budget = new ReplyBudget(() => nowMs);
  const answered = Array.from({ length: 1_000 }, () => budget.take()).filter(Boolean);
  expect(answered).toHaveLength(60);
  nowMs = 60_001;
  expect(budget.take()).toBe(true);
});
