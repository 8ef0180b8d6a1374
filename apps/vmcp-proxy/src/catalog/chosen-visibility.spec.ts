import { expect, test } from '@jest/globals';
import type { ConfiguredView } from '@gatehouse/config/model/views';
import * as fc from 'fast-check';
import { aggregationOf } from './aggregation.fixture.js';
import { chosenVisibility } from './chosen-visibility.js';
import { KINDS } from './definitions.js';
import { aggregationVisibility } from './visibility.js';

const ALL = { exclude: [] };
const viewOf = (changed: Partial<ConfiguredView>): ConfiguredView => ({
  name: 'support',
  backends: ['a', 'b'],
  tools: ALL,
  prompts: ALL,
  resources: ALL,
  ...changed,
});
const whole = aggregationVisibility(aggregationOf());

test('excluded resources and templates are gone, and what is about another backend excludes nothing', () => {
  const view = viewOf({ resources: { exclude: ['a/file:///docs/secret/*'] } });
  const visibility = chosenVisibility(view, whole);
  expect(visibility.shows('resources', 'a', 'file:///docs/%73ecret/a')).toBe(false);
  expect(visibility.shows('resources', 'a', 'file:///docs/a b')).toBe(false);
  expect(visibility.shows('resources', 'a', 'file:///docs/a%20b')).toBe(true);
  expect(visibility.shows('resources', 'b', 'file:///docs/secret/a b')).toBe(true);
  expect(visibility.shows('resourceTemplates', 'a', 'file:///docs/{+path}')).toBe(true);
  expect(visibility.shows('resourceTemplates', 'a', 'file:///docs/secret/{+path}')).toBe(false);
  // A template is none of the URIs that it makes.
  expect(visibility.shows('resources', 'a', 'file:///docs/{+path}')).toBe(false);
});

test('a resource that a view does not include is not reached by a spelling that begins or ends like one', () => {
  const view = viewOf({ resources: { include: ['a/file:///docs/*', 'a/file:///*.md'], exclude: [] } });
  const visibility = chosenVisibility(view, whole);
  for (const uri of ['file:///docs/.\t./secret', 'file:///secret.key#.md', 'file:///secret.key?.md'])
    expect(visibility.shows('resources', 'a', uri)).toBe(false);
  for (const uri of ['file:///docs/a?x=1', 'file:///read%20me.md'])
    expect(visibility.shows('resources', 'a', uri)).toBe(true);
});

const name = fc.constantFrom('search', 'search_code', 'delete', 'x');
const pattern = fc
  .tuple(fc.constantFrom('a', 'b', '*'), fc.constantFrom('*', 'search', 'search*', 'delete'))
  .map((parts) => parts.join('/'));
const chosen = fc
  .tuple(fc.option(fc.uniqueArray(pattern)), fc.uniqueArray(pattern))
  .map(([include, exclude]) => (include === null ? { exclude } : { include, exclude }));

test('a view shows nothing that is hidden for all, nothing of other backends, and nothing that it excludes', () => {
  fc.assert(
    fc.property(chosen, fc.uniqueArray(name), fc.constantFrom(...KINDS), (names, filter, kind) => {
      const all = aggregationVisibility(
        aggregationOf({
          tools: [{ workload: 'a', filter, overrides: new Map(), excludeAll: false }],
          prompts: [{ workload: 'a', filter }],
          resources: [{ workload: 'a', filter }],
        }),
      );
      const view = chosenVisibility(viewOf({ tools: names, prompts: names, resources: names }), all);
      for (const backend of ['a', 'b', 'c'])
        for (const original of ['search', 'search_code', 'delete', 'x']) {
          if (!view.shows(kind, backend, original)) continue;
          expect(all.shows(kind, backend, original)).toBe(true);
          expect(['a', 'b']).toContain(backend);
          for (const both of [backend, '*']) {
            expect(names.exclude).not.toContain(`${both}/${original}`);
            expect(names.exclude).not.toContain(`${both}/*`);
          }
          if (kind === 'tools') expect(view.hasTools(backend)).toBe(true);
        }
    }),
  );
});

test('a tool is chosen by the name that its backend gives, whatever it is called now', () => {
  const visibility = chosenVisibility(viewOf({ tools: { include: ['a/search'], exclude: [] } }), whole);
  expect(visibility.shows('tools', 'a', 'search')).toBe(true);
  expect(visibility.shows('tools', 'a', 'a_search')).toBe(false);
  expect(visibility.shows('tools', 'b', 'search')).toBe(false);
  expect([visibility.hasTools('a'), visibility.hasTools('b')]).toEqual([true, false]);
});
