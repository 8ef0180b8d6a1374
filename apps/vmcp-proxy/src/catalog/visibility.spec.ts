import { expect, test } from '@jest/globals';
import type { Aggregation } from '@gatehouse/config/model/aggregation';
import { aggregationOf } from './aggregation.fixture.js';
import { aggregationVisibility } from './visibility.js';

const tools = (changed: Partial<Aggregation>, ...names: string[]): readonly string[] => {
  const visibility = aggregationVisibility(aggregationOf(changed));
  return names.filter((name) => {
    const [backend = '', tool = ''] = name.split(' ');
    return visibility.shows('tools', backend, tool);
  });
};
const entry = (workload: string, more: Partial<Aggregation['tools'][number]> = {}) => ({
  workload,
  overrides: new Map<string, never>(),
  excludeAll: false,
  ...more,
});
const ALL = ['a search', 'a drop', 'b search', 'c search'];

test.each<[string, Partial<Aggregation>, readonly string[]]>([
  ['nothing is written', {}, ALL],
  ['a filter', { tools: [entry('a', { filter: ['search'] })] }, ['a search', 'b search', 'c search']],
  ['excludeAll', { tools: [entry('a', { excludeAll: true })] }, ['b search', 'c search']],
  [
    'defaultToolVisibility: deny',
    { defaultToolVisibility: 'deny', tools: [entry('a', { filter: ['drop'] }), entry('b')] },
    ['a drop', 'b search'],
  ],
  ['excludeAllTools', { excludeAllTools: true }, []],
])('of the tools, this is shown where there is %s', (_what, changed, expected) => {
  expect(tools(changed, ...ALL)).toEqual(expected);
});

test('prompts and resources have filters of their own, and no filter of tools hides them', () => {
  const visibility = aggregationVisibility(
    aggregationOf({
      excludeAllTools: true,
      prompts: [{ workload: 'a', filter: ['greet', 'plan_*'] }],
      resources: [{ workload: 'a', filter: ['docs://*'] }],
    }),
  );
  const shown = (kind: 'prompts' | 'resources' | 'resourceTemplates', ...all: string[]) =>
    all.filter((one) => visibility.shows(kind, 'a', one));
  expect(shown('prompts', 'greet', 'greeting', 'plan_day', 'drop')).toEqual(['greet', 'plan_day']);
  expect(shown('resources', 'docs://x', 'secret://x')).toEqual(['docs://x']);
  expect(shown('resourceTemplates', 'docs://{x}', '{+any}')).toEqual(['docs://{x}']);
  expect(visibility.shows('prompts', 'b', 'drop')).toBe(true);
  expect(visibility.shows('resources', 'b', 'secret://x')).toBe(true);
  expect(visibility.hasTools('a')).toBe(false);
});

test('a filter that hides for everybody is not passed by a tabulator that a parser of URLs drops', () => {
  const visibility = aggregationVisibility(
    aggregationOf({ resources: [{ workload: 'a', filter: ['file:///docs/*', 'odd name'] }] }),
  );
  for (const dropped of ['\t', '\n', '\r'])
    expect(visibility.shows('resources', 'a', `file:///docs/.${dropped}./secret`)).toBe(false);
  expect(visibility.shows('resources', 'a', 'odd name')).toBe(true);
  expect(visibility.shows('resources', 'a', 'file:///docs/a%20b.md')).toBe(true);
});
