import { describe, expect, test } from '@jest/globals';
import { SERVICES } from '@gatehouse/kernel/services';
import { configurationText, load, SECRETS } from '../configuration.fixture.js';
import type { Problem } from '../findings/problems.js';
import { parseConfiguration, type Loaded } from '../load.js';
import { secretsFrom } from '../secrets/secret-references.js';
import type { Row } from './row.fixture.js';
import { WRONG_ROWS } from './wrong-rows.fixture.js';
import { YAML_ROWS } from './yaml-rows.fixture.js';

const problemsIn = (loaded: Loaded): readonly Problem[] => (loaded.ok ? [] : loaded.problems);

/** The line that a path leads to, found without the parser: by the names on the way, each below the one before. */
function namesOnLine(text: string, line: number | undefined, path: string): boolean {
  const written = text.split('\n')[(line ?? 0) - 1] ?? '';
  const names = path.split(/[.[\]]+/).filter((step) => step !== '' && !/^\d+$/.test(step));
  return (
    names.length === 0 ||
    names.some((name) => written.includes(name.replaceAll('"', ''))) ||
    written.trim().startsWith('-')
  );
}

/** Those of manifests have rows of their own: from-manifests/wrong-manifests. */
describe('in the form of gatehouse.yaml', () => {
  const rows = WRONG_ROWS.map(([refused, changes, path, message, instead]: Row) => ({
    refused,
    changes,
    path,
    message,
    instead,
  }));

  test.each(rows)('$refused is refused at $path, and nothing else is', (row) => {
    const problems = problemsIn(load(row.changes));
    expect(problems.map(({ path }) => path)).toEqual([row.path]);
    const [problem] = problems;
    expect(problem?.message).toMatch(row.message ?? /./);
    if (row.instead !== undefined) expect(problem?.instead ?? '').toMatch(row.instead);
    // What is missing altogether has the line of what it is missing in, where that has one.
    if (problem?.line !== undefined)
      expect([problem.line, namesOnLine(configurationText(row.changes), problem.line, row.path)]).toEqual([
        problem.line,
        true,
      ]);
    else expect(row.path).toMatch(/^[A-Za-z]+(\.|$)/);
  });
});

test.each(YAML_ROWS)('$refused is refused in line $line', ({ text, line, message }) => {
  const problems = problemsIn(
    parseConfiguration(
      { document: 'gatehouse.yaml', text: text(configurationText()) },
      { part: 'all', readSecret: secretsFrom(SECRETS) },
    ),
  );
  expect(problems[0]?.message).toMatch(message);
  expect(problems[0]?.line).toBe(line);
});

test('no service loads any of them: at least one that would start says no, and `up` and `validate` ask all', () => {
  const started = WRONG_ROWS.filter(
    ([, changes]) => SERVICES.every((part) => load(changes, part).ok) && load(changes, 'all').ok,
  );
  expect(started).toEqual([]);
});

test('messages and what to write instead hold no value of a secret', () => {
  const said = WRONG_ROWS.map(([, changes]) => JSON.stringify(problemsIn(load(changes)))).join('\n');
  const told = Object.values(SECRETS).filter((value) => said.includes(value));
  expect(told).toEqual([]);
  expect(said).not.toContain('plain-text-of-a-secret');
});

test('there are at least 200 of them, each another one', () => {
  const texts = new Set([
    ...WRONG_ROWS.map(([, changes]) => configurationText(changes)),
    ...YAML_ROWS.map(({ text }) => text(configurationText())),
  ]);
  process.stdout.write(`${texts.size} wrong configurations are refused with their message, path and line\n`);
  expect(texts.size).toBeGreaterThanOrEqual(200);
  expect(texts.size).toBeGreaterThanOrEqual(WRONG_ROWS.length + YAML_ROWS.length - 3);
});
