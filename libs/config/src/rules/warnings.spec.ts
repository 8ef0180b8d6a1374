import { expect, test } from '@jest/globals';
import { load, pathsOf, uncheckedModelOf, type Changes } from '../configuration.fixture.js';
import type { Problem } from '../findings/problems.js';
import { WARNINGS } from './warnings.js';
import { QUIET_ROWS, WARNING_ROWS } from './warning-rows.fixture.js';

function warningsOf(changes: Changes): readonly Problem[] {
  const loaded = load(changes);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.warnings;
}

const rows = WARNING_ROWS.map(([warned, changes, path, message = /./, instead = /^/]) => ({
  warned,
  changes,
  path,
  message,
  instead,
}));

test.each(rows)('$warned starts, and is warned of at $path alone', ({ changes, path, message, instead }) => {
  const warnings = warningsOf(changes);
  expect(pathsOf(warnings)).toEqual([path]);
  expect(warnings[0]?.message).toMatch(message);
  expect(warnings[0]?.instead ?? '').toMatch(instead);
});

test.each(QUIET_ROWS.map(([name, changes]) => ({ name, changes })))('$name has no warning', ({ changes }) => {
  expect(warningsOf(changes)).toEqual([]);
});

test('a warning names no value of a query', () => {
  const said = JSON.stringify(
    warningsOf({ 'backends.0.url': 'https://repos.acme.example/mcp?token=the-value' }),
  );
  expect(said).not.toContain('the-value');
});

test('every warning has a row, except those with a spec of their own', () => {
  const silent = WARNINGS.filter(
    ({ rule }) => !WARNING_ROWS.some(([, changes]) => rule(uncheckedModelOf(changes)).length > 0),
  );
  expect(silent.map(({ warns }) => warns.slice(0, 30))).toEqual([
    'A provider uses the common cal',
    'An `oauth2` provider without `',
    "A tool's name is known to be l",
  ]);
});
