import { expect, test } from '@jest/globals';
import type { Aggregation } from '@gatehouse/config/model/aggregation';
import * as fc from 'fast-check';
import type { JsonObject } from '../mcp/message.js';
import { mergeTools, type NamedSet } from './merge.js';
import { matchesTemplate, mergeResources } from './merge-resources.js';

const aggregation = (changed: Partial<Aggregation> = {}): Aggregation => ({
  conflictResolution: 'prefix',
  conflictResolutionConfig: { prefixFormat: '{workload}_', priorityOrder: [] },
  tools: [],
  ...changed,
});
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

test('filter and overrides go by the names that the backend gives', () => {
  const tools = [
    {
      workload: 'a',
      filter: ['search', 'create'],
      overrides: new Map([['search', { name: 'find', description: 'Finds.' }]]),
    },
  ];
  const { listed } = mergeTools(
    [set('a', 'search', 'create', 'drop'), set('b', 'drop')],
    aggregation({ tools }),
  );
  expect(listed.map(({ name, original }) => [name, original])).toEqual([
    ['a_find', 'search'],
    ['a_create', 'create'],
    ['b_drop', 'drop'],
  ]);
  expect(listed[0]?.definition['description']).toBe('Finds.');
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

test('resource URIs stay as they are; one that is taken is listed under its backend', () => {
  const { resources } = mergeResources([
    { backend: 'a', resources: [resource('file:///x')], resourceTemplates: [] },
    { backend: 'b', resources: [resource('file:///x'), resource('file:///y')], resourceTemplates: [] },
  ]);
  expect(resources.map(({ uri, backend, original }) => [uri, backend, original])).toEqual([
    ['file:///x', 'a', 'file:///x'],
    ['b+file:///x', 'b', 'file:///x'],
    ['file:///y', 'b', 'file:///y'],
  ]);
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

test('a name that is too long only with its prefix is left out and noted, and nothing else with it', () => {
  const long = 'x'.repeat(127);
  const { listed, notes } = mergeTools([set('a', long, 'b')], aggregation());
  expect(listed.map(({ name }) => name)).toEqual(['a_b']);
  expect(notes).toEqual([{ backend: 'a', original: long, name: `a_${long}`, outcome: 'too_long' }]);
  const bare = { prefixFormat: '', priorityOrder: [] };
  expect(names([set('a', long)], aggregation({ conflictResolutionConfig: bare }))).toEqual([long]);
});
