import { expect, test } from '@jest/globals';
import type { JsonObject } from '../mcp/message.js';
import { aggregationOf } from './aggregation.fixture.js';
import { NO_LISTS } from './catalog.fixture.js';
import { View } from './view.js';
import { aggregationVisibility } from './visibility.js';

const PAGE = 'ui://app/main.html';
const tool = (name: string, _meta: JsonObject) => ({ name, inputSchema: { type: 'object' }, _meta });
const viewOf = (lists: Readonly<Record<string, { tools: JsonObject[]; resources?: JsonObject[] }>>): View => {
  const aggregation = aggregationOf();
  return new View(
    Object.entries(lists).map(([backend, { tools, resources = [] }]) => ({
      backend,
      lists: { ...NO_LISTS, tools, resources },
      failure: undefined,
    })),
    aggregation,
    aggregationVisibility(aggregation),
  );
};
const metaOf = (view: View): readonly unknown[] =>
  (JSON.parse(view.text('tools')) as { readonly _meta: unknown }[]).map(({ _meta }) => _meta);

test('a page that a tool names is read at its backend, although it is in no list', () => {
  const view = viewOf({
    a: { tools: [tool('x', { ui: { resourceUri: PAGE } })] },
    b: { tools: [], resources: [{ uri: 'b:1' }] },
    c: { tools: [], resources: [{ uri: 'c:1' }] },
  });
  expect(view.resource(PAGE)).toEqual({ backend: 'a', original: PAGE });
  expect(metaOf(view)).toEqual([{ ui: { resourceUri: PAGE } }]);
});

test("pages of two backends with one name: each tool's is that of its own backend, in both spellings of the extension", () => {
  const own = { 'a/b': 1, ui: { resourceUri: PAGE, visibility: ['app'] }, 'ui/resourceUri': PAGE };
  const resources = [{ uri: PAGE, name: 'page' }];
  for (const listed of [{}, { resources }]) {
    const view = viewOf({
      a: { tools: [tool('x', own)], ...listed },
      b: { tools: [tool('x', own)], ...listed },
    });
    const other = 'ui://b+app/main.html';
    expect(metaOf(view)).toEqual([
      own,
      { 'a/b': 1, ui: { resourceUri: other, visibility: ['app'] }, 'ui/resourceUri': other },
    ]);
    expect(view.resource(PAGE)).toMatchObject({ backend: 'a', original: PAGE });
    expect(view.resource(other)).toMatchObject({ backend: 'b', original: PAGE });
  }
});

test("a tool that names another backend's page does not get that one's reads, nor its page", () => {
  const view = viewOf({
    evil: { tools: [tool('x', { ui: { resourceUri: PAGE } })] },
    good: { tools: [], resources: [{ uri: PAGE, name: 'page' }] },
  });
  expect(view.resource(PAGE)).toMatchObject({ backend: 'good' });
  expect(metaOf(view)).toEqual([{ ui: { resourceUri: 'ui://evil+app/main.html' } }]);
  expect(view.resource('ui://evil+app/main.html')).toEqual({ backend: 'evil', original: PAGE });
});
