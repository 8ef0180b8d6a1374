import { expect, test } from '@jest/globals';
import { load, pathsOf, type Changes } from '../configuration.fixture.js';

function warningsOf(changes: Changes) {
  const loaded = load(changes);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.warnings;
}

const LONG_PREFIX = {
  'aggregation.conflictResolutionConfig': { prefixFormat: `{workload}_${'p'.repeat(29)}_` },
};
const TOOL = 'search_and_replace_in_all_documents_of_the_workspace';
const renaming = (name: string, more: Changes = {}): Changes => ({
  'aggregation.tools': [{ workload: 'repos', overrides: { search: { name } } }],
  ...more,
});

test('a prefix of 35 characters is warned about once for each backend, and what to set is said', () => {
  const warnings = warningsOf({ 'backends.0.name': 'repo', ...LONG_PREFIX, 'outgoingAuth.backends': {} });
  expect(pathsOf(warnings)).toContain('backends[0].name');
  expect(warnings.find(({ path }) => path === 'backends[0].name')?.message).toMatch(
    /leaves 29 characters of the 64 .*maxNameLength: 64/,
  );
});

test('usual prefixes and names are not', () => {
  expect(warningsOf(renaming('find'))).toEqual([]);
  expect(warningsOf({ 'aggregation.maxNameLength': 64 })).toEqual([]);
});

test.each([
  ['an override', renaming(`${TOOL}_once_again`), 'aggregation.tools[0].overrides.search.name'],
  [
    'a filter',
    { 'aggregation.tools': [{ workload: 'repos', filter: ['a', `${TOOL}_once_again`] }] },
    'aggregation.tools[0].filter[1]',
  ],
] as const)('a name that is written in %s and that hosts refuse is warned about', (_where, changes, path) => {
  const warnings = warningsOf(changes);
  expect(pathsOf(warnings)).toEqual([path]);
  expect(warnings[0]?.message).toMatch(new RegExp(`repos_${TOOL}_once_again, which has 69 characters`));
});

test('a name that maxNameLength shortens is warned about where somebody wrote it', () => {
  const warnings = warningsOf(renaming(`${TOOL}_once_again`, { 'aggregation.maxNameLength': 64 }));
  expect(pathsOf(warnings)).toEqual(['aggregation.tools[0].overrides.search.name']);
  expect(warnings[0]?.message).toMatch(/short form/);
});

test('a prefix that leaves nothing of a short name is warned about', () => {
  const warnings = warningsOf({ ...LONG_PREFIX, 'aggregation.maxNameLength': 40 });
  expect(warnings).toHaveLength(4);
  expect(warnings[0]?.message).toMatch(/nothing of a tool's own name/);
});
