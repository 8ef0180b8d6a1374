import { PassThrough } from 'node:stream';
import { expect, jest, test } from '@jest/globals';
import { Output } from '../output.js';
import type { Row } from './arrivals.js';
import { renderConnectHints } from './connect-hints.js';
import { reportMainJob } from './report.js';

const right: Row = {
  tool: 'status_whoami',
  backend: 'status',
  strategy: 'none',
  arrived: { credential: 'none', issuer: undefined, subject: undefined, audience: undefined, unexpected: [] },
  expected: {
    credential: 'none',
    issuer: undefined,
    subject: undefined,
    audience: undefined,
    unexpected: [],
  },
  isRight: true,
};

function reported(rows: readonly Row[], json = false): { readonly code: number; readonly text: string } {
  const stream = new PassThrough();
  const output = new Output(Object.assign(stream, { isTTY: false }) as unknown as NodeJS.WriteStream); // it only writes
  const code = reportMainJob({ rows, toolCount: 3, pagesVisited: 7, elapsedMs: 1_250 }, json, output);
  return { code, text: String(stream.read() ?? '') };
}

test('a job whose every row is right ends with 0', () => {
  const { code, text } = reported([right]);
  expect(code).toBe(0);
  expect(text).toContain('1.3 s');
  expect(text).toContain('All 1 as configured.');
});

test('one wrong row is a failure, and so is a job that called nothing', () => {
  const wrong = reported([right, { ...right, isRight: false }]);
  expect(wrong.code).toBe(1);
  expect(wrong.text).toContain('1 of 2 are wrong.');
  expect(reported([]).code).toBe(1);
});

test('with json the rows alone go to standard output', () => {
  const written: string[] = [];
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
  try {
    reported([right], true);
  } finally {
    spy.mockRestore();
  }
  expect(JSON.parse(written.join(''))).toMatchObject([{ tool: 'status_whoami', ok: true }]);
});

test('the hints name the password in the demonstration only', () => {
  expect(renderConnectHints('http://localhost:4483/mcp', true)).toContain('the password is demo');
  const own = renderConnectHints('https://mcp.example.test/mcp', false);
  expect(own).not.toContain('password');
  expect(own).toContain('https://mcp.example.test/mcp');
});
