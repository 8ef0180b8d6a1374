import { expect, test } from '@jest/globals';
import type { Aggregation } from '@gatehouse/config/model/aggregation';
import { mayBeUnder } from '@gatehouse/kernel/short-name';
import * as fc from 'fast-check';
import type { JsonObject } from '../mcp/message.js';
import { aggregationOf as aggregation } from './aggregation.fixture.js';
import { mergePrompts, mergeTools, type NamedSet } from './merge.js';
import { matchesTemplate, mergeResources, type ResourceSet } from './merge-resources.js';

const set = (backend: string, ...names: string[]): NamedSet => ({
  backend,
  definitions: names.map((name) => ({ name, inputSchema: { type: 'object', 'x-unknown': [1] } })),
});
const names = (sets: readonly NamedSet[], rules: Aggregation): readonly string[] =>
  mergeTools(sets, rules).listed.map(({ name }) => name);

const toolName = fc.constantFrom('a', 'b', 'a_b', 'b_a', 'x');
const sets = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'x', 'a-b'), { minLength: 1 })
  .chain((backends) =>
    fc.tuple(...backends.map((backend) => fc.uniqueArray(toolName).map((all) => set(backend, ...all)))),
  );
const rules = fc
  .record({
    conflictResolution: fc.constantFrom('prefix', 'priority', 'manual'),
    prefixFormat: fc.constantFrom('{workload}_', '{workload}', '', 'same_'),
    priorityOrder: fc.uniqueArray(fc.constantFrom('a', 'b', 'x')),
  })
  .map(({ conflictResolution, ...conflictResolutionConfig }) =>
    aggregation({ conflictResolution, conflictResolutionConfig }),
  );

test('no two listed tools share a name, under any rules', () => {
  fc.assert(
    fc.property(sets, rules, (given, rule) => {
      const listed = names(given, rule);
      expect(new Set(listed).size).toBe(listed.length);
    }),
  );
});

test('nothing vanishes silently: what is not listed is noted as shadowed, as priority asks for', () => {
  fc.assert(
    fc.property(sets, rules, (given, rule) => {
      const { listed, notes } = mergeTools(given, rule);
      const shadowed = notes.filter(({ outcome }) => outcome === 'shadowed');
      expect(listed.length + shadowed.length).toBe(given.flatMap(({ definitions }) => definitions).length);
      if (rule.conflictResolution !== 'priority') expect(shadowed).toEqual([]);
    }),
  );
});

test('every listed name leads back to the tool that it came from', () => {
  fc.assert(
    fc.property(sets, rules, (given, rule) => {
      for (const { backend, original, definition, name } of mergeTools(given, rule).listed) {
        const from = given.find((one) => one.backend === backend)?.definitions;
        expect(from?.map((one) => one['name'])).toContain(original);
        expect(definition['name']).toBe(name);
      }
    }),
  );
});

test('members that nobody here knows are kept, in their order', () => {
  const schema = { $schema: 'x', $defs: { a: {} }, 'x-mcp-header': 'Region', unknown: [1, { deep: null }] };
  const definition = { title: 'T', name: 'tool', inputSchema: schema, icons: [{ src: 'u' }], future: true };
  const [listed] = mergeTools([{ backend: 'b', definitions: [definition] }], aggregation()).listed;
  expect(JSON.stringify(listed?.definition)).toBe(JSON.stringify({ ...definition, name: 'b_tool' }));
});

test('overrides go by the names that the backend gives', () => {
  const overrides = new Map([
    ['search', { name: 'find', description: 'Finds.', annotations: { readOnlyHint: true, title: 'Find' } }],
  ]);
  const given = {
    backend: 'a',
    definitions: [
      { name: 'search', annotations: { title: 'Search', destructiveHint: true, future: 1 } },
      { name: 'find' },
    ],
  };
  const { listed } = mergeTools(
    [given, set('b', 'search')],
    aggregation({ tools: [{ workload: 'a', overrides, excludeAll: false }] }),
  );
  expect(listed.map(({ name, original }) => [name, original])).toEqual([
    ['a_find', 'search'],
    ['a_find_a', 'find'],
    ['b_search', 'search'],
  ]);
  expect(listed[0]?.definition).toEqual({
    name: 'a_find',
    description: 'Finds.',
    annotations: { title: 'Find', readOnlyHint: true, destructiveHint: true, future: 1 },
  });
  expect(listed[1]?.definition).toEqual({ name: 'a_find_a' });
});

test('priority: the first of the order keeps the name; without an order all that collide get their prefix', () => {
  const given = [set('a', 'echo', 'only'), set('b', 'echo')];
  const priority = (order: readonly string[]): Aggregation =>
    aggregation({
      conflictResolution: 'priority',
      conflictResolutionConfig: { prefixFormat: '{workload}_', priorityOrder: order },
    });
  expect(mergeTools(given, priority(['b'])).listed).toMatchObject([
    { name: 'only' },
    { name: 'echo', backend: 'b' },
  ]);
  expect(names(given, priority([]))).toEqual(['a_echo', 'only', 'b_echo']);
});

test('manual: a name that two backends give means neither of them', () => {
  expect(names([set('a', 'echo'), set('b', 'echo')], aggregation({ conflictResolution: 'manual' }))).toEqual([
    'a_echo',
    'b_echo',
  ]);
});

const resource = (uri: string): JsonObject => ({ uri, name: uri });

const resources = (backend: string, ...uris: string[]): ResourceSet => ({
  backend,
  resources: uris.map(resource),
  resourceTemplates: uris.map((uri) => ({ uriTemplate: `${uri}{id}`, name: uri })),
});
const uris = (sets: readonly ResourceSet[], rule: Aggregation): readonly (readonly string[])[] =>
  mergeResources(sets, rule).resources.map(({ uri, backend, original }) => [uri, backend, original]);
const SHARED = [resources('a', 'file:///x'), resources('b', 'file:///x', 'file:///y')];

test('prefix: URIs stay as they are; one that is taken is listed under its backend', () => {
  expect(uris(SHARED, aggregation())).toEqual([
    ['file:///x', 'a', 'file:///x'],
    ['b+file:///x', 'b', 'file:///x'],
    ['file:///y', 'b', 'file:///y'],
  ]);
});

test('priority: the first of the order has the URI; without an order all that have it are listed under their backend', () => {
  const priority = (...priorityOrder: string[]): Aggregation =>
    aggregation({
      conflictResolution: 'priority',
      conflictResolutionConfig: { prefixFormat: '{workload}_', priorityOrder },
    });
  expect(uris(SHARED, priority('b', 'a'))).toEqual([
    ['file:///x', 'b', 'file:///x'],
    ['file:///y', 'b', 'file:///y'],
  ]);
  expect(mergeResources(SHARED, priority('b')).notes).toMatchObject([
    { backend: 'a', original: 'file:///x', outcome: 'shadowed' },
    { backend: 'a', original: 'file:///x{id}', outcome: 'shadowed' },
  ]);
  expect(uris(SHARED, priority('z'))).toEqual([
    ['a+file:///x', 'a', 'file:///x'],
    ['b+file:///x', 'b', 'file:///x'],
    ['file:///y', 'b', 'file:///y'],
  ]);
});

test('manual: a URI that two backends give means neither of them', () => {
  const rule = aggregation({ conflictResolution: 'manual' });
  expect(uris(SHARED, rule).map(([uri]) => uri)).toEqual(['a+file:///x', 'b+file:///x', 'file:///y']);
  expect(mergeResources(SHARED, rule).resourceTemplates.map(({ uri }) => uri)).toEqual([
    'a+file:///x{id}',
    'b+file:///x{id}',
    'file:///y{id}',
  ]);
});

const someUris = fc.uniqueArray(fc.constantFrom('x:1', 'x:2', 'a+x:1', 'b+x:1', 'b+b+x:1'));

test('no two listed URIs are equal, each leads back to where it came from, and one of a single backend is untouched', () => {
  fc.assert(
    fc.property(
      fc
        .uniqueArray(fc.constantFrom('a', 'b', 'x'), { minLength: 1 })
        .chain((all) => fc.tuple(...all.map((one) => someUris.map((these) => resources(one, ...these))))),
      rules,
      (given, rule) => {
        const merged = mergeResources(given, rule);
        for (const [kind, member] of [
          ['resources', 'uri'],
          ['resourceTemplates', 'uriTemplate'],
        ] as const) {
          const listed = merged[kind];
          expect(new Set(listed.map(({ uri }) => uri)).size).toBe(listed.length);
          for (const { uri, backend, original, definition } of listed) {
            const owners = given.filter((one) => one[kind].some((it) => it[member] === original));
            expect(owners.map((owner) => owner.backend)).toContain(backend);
            expect(definition[member]).toBe(uri);
            const isSpelledByAnother = listed.some(
              (other) => other.original !== original && other.uri === original,
            );
            if (owners.length === 1 && !isSpelledByAnother) expect(uri).toBe(original);
          }
        }
      },
    ),
  );
});

test.each([
  ['test://{id}/data', 'test://123/data', true],
  ['test://{id}/data', 'test://123/other', false],
  ['test://a{x}a', 'test://a', false],
  ['fixed', 'fixed', true],
  ['fixed', 'fixed2', false],
  ['a{x}b{y}c', 'a--b--c', true],
  ['a{x}b{y}c', 'a----c', false],
])('the template %s and the URI %s: %p', (template, uri, expected) => {
  expect(matchesTemplate(template, uri)).toBe(expected);
});

test('a hostile template costs no more than its length', () => {
  const template = `${'{x}a'.repeat(2_000)}b`;
  // Of this process alone, however busy the machine is.
  const before = process.cpuUsage();
  expect(matchesTemplate(template, 'a'.repeat(100_000))).toBe(false);
  expect(process.cpuUsage(before).user).toBeLessThan(500_000);
});

const LONG_TOOL = 'search_and_replace_in_all_documents_of_the_workspace_';
const LONG_PREFIX = { prefixFormat: '{workload}_of_the_whole_organisation_here_', priorityOrder: [] };

test('a name of 88 characters gets a short form of 64 that is pinned here: clients and hosts remember it', () => {
  const given = [set('abc', LONG_TOOL, 'short')];
  const rule = aggregation({ conflictResolutionConfig: LONG_PREFIX, maxNameLength: 64 });
  const { listed, notes } = mergeTools(given, rule);
  const name = 'abc_of_the_whole_organisation_here_search_and_replace_260792c7d5';
  expect(listed).toMatchObject([
    { name, original: LONG_TOOL, definition: { name } },
    { name: 'abc_of_the_whole_organisation_here_short', original: 'short' },
  ]);
  expect(notes).toEqual([{ backend: 'abc', original: LONG_TOOL, name, outcome: 'shortened' }]);
  expect(mergePrompts(given, rule).listed.map((prompt) => prompt.name)).toEqual(
    listed.map((tool) => tool.name),
  );
});

test('without that setting the name stays, and is noted as one that hosts refuse', () => {
  const { listed, notes } = mergeTools(
    [set('abc', LONG_TOOL)],
    aggregation({ conflictResolutionConfig: LONG_PREFIX }),
  );
  const name = `abc_of_the_whole_organisation_here_${LONG_TOOL}`;
  expect(listed).toMatchObject([{ name }]);
  expect(notes).toEqual([{ backend: 'abc', original: LONG_TOOL, name, outcome: 'long' }]);
});

test('a name that is too long for any client only with its prefix is listed in a short form', () => {
  const long = 'x'.repeat(127);
  const [listed] = names([set('a', long)], aggregation());
  expect(listed).toMatch(/^a_x{115}_[0-9a-f]{10}$/);
  const bare = { prefixFormat: '', priorityOrder: [] };
  expect(names([set('a', long)], aggregation({ conflictResolutionConfig: bare }))).toEqual([long]);
});

const wideName = fc.stringMatching(/^[A-Za-z0-9_.-]{1,128}$/);
const wideSets = fc.uniqueArray(
  fc.constantFrom('a', 'b', 'a-very-long-name-of-a-backend-that-nobody-types'),
  {
    minLength: 1,
  },
);

test('names are never longer than the setting, never equal, and do not depend on what else is listed', () => {
  fc.assert(
    fc.property(
      wideSets.chain((backends) =>
        fc.tuple(
          ...backends.map((backend) =>
            fc.uniqueArray(wideName, { minLength: 1, maxLength: 5 }).map((all) => set(backend, ...all)),
          ),
        ),
      ),
      fc.integer({ min: 32, max: 128 }),
      (given, maxNameLength) => {
        const rule = aggregation({ maxNameLength });
        const all = mergeTools(given, rule).listed;
        expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
        for (const { name, backend, original } of all) {
          expect(name.length).toBeLessThanOrEqual(maxNameLength);
          expect(name).toMatch(/^[A-Za-z0-9_.-]+$/);
          expect(names([set(backend, original)], rule)).toEqual([name]);
        }
      },
    ),
  );
});

test('a backend cannot take the short form of another one’s tool: both are still there, under names of their own', () => {
  const bare = { prefixFormat: '', priorityOrder: [] };
  const rule = aggregation({ conflictResolutionConfig: bare, maxNameLength: 32 });
  const long = 'a_tool_whose_name_is_too_long_for_anybody';
  const [short = ''] = names([set('good', long)], rule);
  const { listed } = mergeTools([set('good', long), set('evil', short)], rule);
  expect(listed[0]).toMatchObject({ name: short, backend: 'good', original: long });
  expect(listed[1]?.name).toMatch(/^.{20,21}_[0-9a-f]{10}$/);
  expect(listed[1]?.name).not.toBe(short);
  // And where equal names are settled by the configuration, short forms are names like others.
  const priority = aggregation({
    ...rule,
    conflictResolution: 'priority',
    conflictResolutionConfig: { prefixFormat: '', priorityOrder: ['good'] },
  });
  expect(mergeTools([set('evil', short), set('good', long)], priority).listed).toMatchObject([
    { name: short, backend: 'good' },
  ]);
});

test('a short form never cuts a character in two', () => {
  const prompts = [{ backend: 'a', definitions: [{ name: '😀'.repeat(60) }] }];
  for (const maxNameLength of [32, 33, 63, 64]) {
    const [prompt] = mergePrompts(prompts, aggregation({ maxNameLength })).listed;
    expect(prompt?.name).toMatch(/^a_(?:😀)+_[0-9a-f]{10}$/u);
    expect(prompt?.name.length).toBeLessThanOrEqual(maxNameLength);
  }
});

test.each([
  ['a_', 'a_tool', true],
  ['a_', 'b_tool', false],
  ['a-very-long-prefix_', 'a-very-long_0123456789', true],
  ['a-very-long-prefix_', 'b-very-long_0123456789', false],
  ['a-very-long-prefix_', 'a-very-long_012345678', false],
])('under the prefix %s there may be a tool %s: %p', (prefix, name, expected) => {
  expect(mayBeUnder(prefix, name)).toBe(expected);
});
