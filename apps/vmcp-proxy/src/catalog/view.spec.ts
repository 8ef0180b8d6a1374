import { expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Aggregation } from '@gatehouse/config/model/aggregation';
import * as fc from 'fast-check';
import { aggregationOf } from './aggregation.fixture.js';
import type { BackendLists } from './definitions.js';
import { View, type Snapshot } from './view.js';
import { aggregationVisibility } from './visibility.js';

const snapshot = (backend: string, lists: Partial<BackendLists> | undefined): Snapshot => ({
  backend,
  lists:
    lists === undefined
      ? undefined
      : {
          tools: [],
          prompts: [],
          resources: [],
          resourceTemplates: [],
          notes: [],
          altered: [],
          bytes: 0,
          digest: '',
          ...lists,
        },
  failure: lists === undefined ? new GatehouseError('backend_unavailable', 'down') : undefined,
});
const viewOf = (snapshots: readonly Snapshot[], changed: Partial<Aggregation> = {}): View => {
  const aggregation = aggregationOf(changed);
  return new View(snapshots, aggregation, aggregationVisibility(aggregation));
};
const listed = (view: View, kind: 'tools' | 'prompts', member = 'name'): readonly string[] =>
  (JSON.parse(view.text(kind)) as readonly Record<string, string>[]).map((one) => one[member] ?? '');
const named = (...names: string[]) => names.map((name) => ({ name }));
const WORDS = ['a', 'b', 'a_b', 'b_a', 'x'];

const snapshots = fc.uniqueArray(fc.constantFrom('a', 'b', 'x'), { minLength: 1 }).chain((backends) =>
  fc.tuple(
    ...backends.map((backend) =>
      fc
        .record({
          tools: fc.uniqueArray(fc.constantFrom(...WORDS)),
          prompts: fc.uniqueArray(fc.constantFrom(...WORDS)),
        })
        .map(({ tools, prompts }) =>
          snapshot(backend, { tools: named(...tools), prompts: named(...prompts) }),
        ),
    ),
  ),
);
const rules = fc.record({
  conflictResolution: fc.constantFrom('prefix' as const, 'priority' as const, 'manual' as const),
  conflictResolutionConfig: fc.record({
    prefixFormat: fc.constantFrom('{workload}_', '{workload}', ''),
    priorityOrder: fc.uniqueArray(fc.constantFrom('a', 'b', 'x')),
  }),
  tools: fc.option(fc.uniqueArray(fc.constantFrom(...WORDS)), { nil: undefined }).map((filter) => [
    {
      workload: 'a',
      ...(filter === undefined ? {} : { filter }),
      overrides: new Map([['x', { name: 'a' }]]),
      excludeAll: false,
    },
  ]),
  defaultToolVisibility: fc.constantFrom('allow' as const, 'deny' as const),
  prompts: fc.uniqueArray(fc.constantFrom(...WORDS)).map((filter) => [{ workload: 'b', filter }]),
});

test('every listed name routes to exactly one thing that may be seen, no two names are the same, and no other name routes', () => {
  fc.assert(
    fc.property(snapshots, rules, (given, rule) => {
      const view = viewOf(given, rule);
      const visibility = aggregationVisibility(aggregationOf(rule));
      for (const [kind, routed] of [
        ['tools', (name: string) => view.tool(name)],
        ['prompts', (name: string) => view.prompt(name)],
      ] as const) {
        const names = listed(view, kind);
        expect(new Set(names).size).toBe(names.length);
        const targets = names.map((name) => {
          const route = routed(name);
          expect(route?.definition?.['name']).toBe(name);
          expect(visibility.shows(kind, route?.backend ?? '', route?.original ?? '')).toBe(true);
          return JSON.stringify([route?.backend, route?.original]);
        });
        expect(new Set(targets).size).toBe(targets.length);
        for (const word of [...WORDS, 'a_a', 'x_x', 'b_x', 'aa', 'bx'])
          if (!names.includes(word)) expect(routed(word)).toBeUndefined();
      }
    }),
  );
});

test('a hidden resource cannot be read by its URI, by a template, under its backend, or as that of the only backend', () => {
  const lists = {
    resources: [{ uri: 'docs://open' }, { uri: 'secret://x' }],
    resourceTemplates: [{ uriTemplate: '{+any}' }, { uriTemplate: 'docs://{page}' }],
  };
  const filters = { resources: [{ workload: 'a', filter: ['docs://*'] }] };
  for (const view of [
    viewOf([snapshot('a', lists)], filters),
    viewOf(
      [snapshot('a', lists), snapshot('b', { resourceTemplates: [{ uriTemplate: 'b://{x}' }] })],
      filters,
    ),
  ]) {
    expect(view.text('resources')).not.toContain('secret');
    expect(view.text('resourceTemplates')).not.toContain('any');
    for (const uri of ['secret://x', 'a+secret://x', 'docs://../secret', 'docs://%2e%2e/x', 'SECRET://x'])
      expect(view.resource(uri)).toBeUndefined();
    expect(view.template('{+any}')).toBeUndefined();
    expect(view.resource('{+any}')).toBeUndefined();
    expect(view.resource('docs://open')).toMatchObject({ backend: 'a', original: 'docs://open' });
    expect(view.resource('docs://page')).toMatchObject({ backend: 'a', original: 'docs://page' });
    expect(view.resource('a+docs://page')).toMatchObject({ backend: 'a', original: 'docs://page' });
  }
});

test('a backend whose tools are all hidden has no stand-in for them', () => {
  const tools = [{ workload: 'a', overrides: new Map<string, never>(), excludeAll: true }];
  const view = viewOf([snapshot('a', undefined), snapshot('b', undefined)], { tools });
  expect(listed(view, 'tools')).toEqual(['b_status']);
});

test('a plain name can be a new one of any backend; a prefixed one only of its own', () => {
  const all = [snapshot('a', {}), snapshot('b', {})];
  expect(viewOf(all).mayHaveGot('a_new', 'name')).toEqual(['a']);
  expect(viewOf(all, { conflictResolution: 'manual' }).mayHaveGot('new', 'name')).toEqual(['a', 'b']);
});
