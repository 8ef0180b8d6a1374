import { expect, test } from '@jest/globals';
import { WorkerCare } from './worker-care.js';

const WELL = { isServing: true, hasAnswered: true, untaken: undefined };
const SILENT = { ...WELL, hasAnswered: false };
const STARTING = { ...SILENT, isServing: false };

const looks = (care: WorkerCare, count: number, seen: Parameters<WorkerCare['hangs']>[0]): boolean[] =>
  Array.from({ length: count }, () => care.hangs(seen));

test('a worker that answers nothing at twelve looks in a row hangs; one answer begins the count anew', () => {
  const care = new WorkerCare(0);
  expect(looks(care, 12, SILENT)).toEqual(Array.from({ length: 12 }, () => false));
  expect(care.hangs(SILENT)).toBe(true);
  looks(care, 11, SILENT);
  expect(care.hangs(WELL)).toBe(false);
  expect(looks(care, 11, SILENT)).not.toContain(true);
  expect(care.hangs(SILENT)).toBe(true);
});

test('a worker that hangs before it serves is killed, after the time that it may wait for its dependencies', () => {
  const care = new WorkerCare(20);
  expect(looks(care, 31, STARTING)).not.toContain(true);
  expect(care.hangs(STARTING)).toBe(true);
});

test('a long start counts for nothing once the worker serves', () => {
  const care = new WorkerCare(20);
  looks(care, 30, STARTING);
  expect(looks(care, 12, SILENT)).not.toContain(true);
  expect(care.hangs(SILENT)).toBe(true);
});

test('a worker that answers and does not take the same connection at three looks more is deaf; one that takes it is not', () => {
  const care = new WorkerCare(0);
  looks(care, 3, { ...WELL, untaken: 7 });
  expect(care.isDeaf).toBe(false);
  looks(care, 1, { ...WELL, untaken: 8 });
  looks(care, 2, { ...WELL, untaken: 8 });
  expect(care.isDeaf).toBe(false);
  looks(care, 1, { ...WELL, untaken: 8 });
  expect(care.isDeaf).toBe(true);
  looks(care, 1, WELL);
  expect(care.isDeaf).toBe(false);
  looks(care, 10, WELL);
  expect(care.isDeaf).toBe(false);
});

test('a worker that stands still takes nothing, and is not deaf', () => {
  const care = new WorkerCare(0);
  looks(care, 10, { ...SILENT, untaken: 7 });
  expect(care.isDeaf).toBe(false);
});
