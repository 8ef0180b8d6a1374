import { expect, test } from '@jest/globals';
import { Output } from '../output.js';
import { KeptText } from '../terminal.fixture.js';
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

function reported(
  rows: readonly Row[],
  withJson = false,
): { readonly code: number; readonly text: string; readonly json: string } {
  const [people, json] = [new KeptText(), new KeptText()];
  const result = { rows, toolCount: 3, pagesVisited: 7, elapsedMs: 1_250 };
  const code = reportMainJob(result, new Output(people), withJson ? json : undefined);
  return { code, text: people.text, json: json.text };
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
  expect(reported([])).toMatchObject({ code: 1, text: expect.stringContaining('nothing was called') });
});

test('with json the rows go there and nothing else does', () => {
  const { text, json } = reported([right], true);
  expect(JSON.parse(json)).toMatchObject([{ tool: 'status_whoami', ok: true }]);
  expect(text).toContain('All 1 as configured.');
  expect(reported([right]).json).toBe('');
});

test('the hints name the password in the demonstration only', () => {
  expect(renderConnectHints('http://localhost:4483/mcp', true)).toContain('the password is demo');
  const own = renderConnectHints('https://mcp.example.test/mcp', false);
  expect(own).not.toContain('password');
  expect(own).toContain('gatehouse client add claude --url https://mcp.example.test/mcp');
});
