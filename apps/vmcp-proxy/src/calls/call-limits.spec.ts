import { expect, test } from '@jest/globals';
import { CallLimits } from './call-limits.js';

const LIMITS = new CallLimits([
  {
    name: 'one',
    timeoutMs: 30_000,
    maxTimeoutMs: 300_000,
    toolTimeouts: [
      { tools: ['export_*', 'report'], timeoutMs: 600_000, maxTimeoutMs: 600_000 },
      { tools: ['*'], timeoutMs: 5_000, maxTimeoutMs: 50_000 },
    ],
  },
  { name: 'two', timeoutMs: 10_000, maxTimeoutMs: 10_000, toolTimeouts: [] },
]);

test.each([
  ['one', 'export_all', 600_000],
  ['one', 'report', 600_000],
  ['one', 'reports', 5_000],
  ['one', undefined, 30_000],
  ['two', 'export_all', 10_000],
  ['three', 'export_all', 0],
])(
  'the first limit that names a tool counts, then that of its backend: %s %s',
  (backend, tool, timeoutMs) => {
    expect(LIMITS.of(backend, tool).timeoutMs).toBe(timeoutMs);
  },
);
