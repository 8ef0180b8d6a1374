import { KeptLog } from '@gatehouse/testing/kept-log';
import { expect, test } from '@jest/globals';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { aggregationOf } from './aggregation.fixture.js';
import { NO_LISTS } from './catalog.fixture.js';
import { Catalog } from './catalog.flow.js';
import { scopesOf } from './scope.js';

const BACKENDS = [{ name: 'files' }, { name: 'other' }];
const LONG = 'a_tool_whose_name_is_so_long_that_a_host_of_models_would_refuse_all_tools';
const LISTS = {
  ...NO_LISTS,
  tools: [{ name: LONG }],
  prompts: [{ name: LONG }],
  resources: [{ uri: 'file:///docs/../key' }, { uri: 'file:///docs/a b' }, { uri: 'file:///docs/good' }],
  resourceTemplates: [{ uriTemplate: 'file:///docs//{name}' }, { uriTemplate: 'file:///docs/{name}' }],
};

const setUp = (aggregation: Parameters<typeof aggregationOf>[0]) => {
  const log = new KeptLog();
  const catalog = new Catalog(
    BACKENDS,
    async () => await Promise.resolve(LISTS),
    () => false,
    { log },
  );
  const pick = { exclude: [] };
  const scopes = scopesOf({
    // Nothing else of a backend decides about its scope.
    backends: BACKENDS.map(({ name }) => ({ name, strategy: { type: 'unauthenticated' } })) as never,
    aggregation: aggregationOf(aggregation),
    views: [{ name: 'desk', backends: ['files'], tools: pick, prompts: pick, resources: pick }],
  });
  const at = async (place: string) => {
    const scope = scopes.find((one) => one.place === place);
    if (scope === undefined) throw new Error(place);
    return await catalog.current(ANONYMOUS, scope);
  };
  return { log, at };
};

test('a resource that is hidden because its URI is not plain is in the log, by backend and name, once', async () => {
  const { log, at } = setUp({ resources: [{ workload: 'files', filter: ['file:///docs/*'] }] });
  for (let count = 0; count < 3; count += 1) for (const place of ['', '/files']) await at(place);
  const said = log.of('resource-not-plain');
  expect(said.map((line) => [line['backend'], line['original']])).toEqual([
    ['files', 'file:///docs/../key'],
    ['files', 'file:///docs/a b'],
    ['files', 'file:///docs//{name}'],
  ]);
});

test('where nothing is said about resources, all are shown and none is in the log', async () => {
  const { log, at } = setUp({});
  expect((await at('')).resource('file:///docs/../key')).toBeDefined();
  expect(log.of('resource-not-plain')).toEqual([]);
});

test('a long name has one short form, at all endpoints with its prefix; both that and long names are in the log', async () => {
  const { log, at } = setUp({ maxNameLength: 64 });
  const names = async (place: string, kind: 'tools' | 'prompts') =>
    (JSON.parse((await at(place)).text(kind)) as { readonly name: string }[]).map(({ name }) => name);
  for (const kind of ['tools', 'prompts'] as const) {
    const [short = '', other] = await names('', kind);
    expect(short).toMatch(/^files_a_tool_.*_[0-9a-f]{10}$/);
    expect(short.length).toBeLessThanOrEqual(64);
    expect(other).not.toBe(short);
    expect(await names('/views/desk', kind)).toEqual([short]);
    expect((await names('/files', kind))[0]).toMatch(/^a_tool_.*_[0-9a-f]{10}$/);
  }
  expect((await at('')).tool((await names('/views/desk', 'tools'))[0] ?? '')?.original).toBe(LONG);
  expect(log.of('name-shortened').length).toBeGreaterThan(0);
  const long = setUp({});
  await long.at('');
  expect(long.log.of('name-too-long-for-hosts').length).toBeGreaterThan(0);
});
