import { describe, expect, test } from '@jest/globals';
import { parseFaithfully } from '../json/faithful-json.js';
import type { JsonObject } from '../mcp/message.js';
import type { Kind } from './definitions.js';
import { judgeDefinition } from './sound-definition.js';

const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
const SOUND: Readonly<Record<Kind, JsonObject>> = {
  tools: { name: 'Create_issue-2.0', inputSchema: SCHEMA, vendor: { any: [null] } },
  prompts: { name: 'Code review, völlig', arguments: [{ name: 'a', required: true }] },
  resources: { uri: 'file:///a b', name: 'A' },
  resourceTemplates: { uriTemplate: 'file:///{path}', name: 'Files' },
};
const KINDS = Object.keys(SOUND) as Kind[];

test.each(KINDS)('a sound entry of %s stays as it is, with members that nobody here knows', (kind) => {
  expect(judgeDefinition(kind, SOUND[kind])).toEqual({
    kind: 'sound',
    definition: SOUND[kind],
    without: [],
    mended: [],
  });
});

const deep = (depth: number): unknown => (depth === 0 ? 1 : { a: deep(depth - 1) });

describe('is left out', () => {
  // MCP 2025-11-25, tools.
  test.each([
    '',
    'a'.repeat(129),
    'a\u0000',
    'a\n',
    ' a',
    'a ',
    'a\u200bb',
    '\u202eevil',
    'a\u001b[31m',
    7,
    null,
    undefined,
    ['a'],
  ])('a tool of the name %j', (name) => {
    expect(judgeDefinition('tools', { ...SOUND.tools, name }).kind).toBe('left_out');
  });

  test.each(['', 'a'.repeat(129), 'a\u0000', 'a\nb', '\u202eevil', 'a\u200bb', ' a', 'a ', 7, null])(
    'a prompt of the name %j',
    (name) => {
      expect(judgeDefinition('prompts', { ...SOUND.prompts, name }).kind).toBe('left_out');
    },
  );

  test.each(['', `file:///${'a'.repeat(5_000)}`, 'file:///\u0007', 'a\u202eb', 7, null])(
    'a resource, or a template, of the URI %j',
    (uri) => {
      expect(judgeDefinition('resources', { ...SOUND.resources, uri }).kind).toBe('left_out');
      const template = { ...SOUND.resourceTemplates, uriTemplate: uri };
      expect(judgeDefinition('resourceTemplates', template).kind).toBe('left_out');
    },
  );

  test.each([
    'text',
    [{}],
    { type: 'string' },
    { type: ['string', 'null'] },
    { type: 'object', properties: ['a'] },
    { type: 'object', properties: { a: 'string' } },
    { type: 'object', required: 'a' },
    { type: 'object', $schema: 7 },
    { type: 'object', properties: { a: deep(70) } },
  ])('a tool with the input schema %j', (inputSchema) => {
    expect(judgeDefinition('tools', { ...SOUND.tools, inputSchema }).kind).toBe('left_out');
  });

  test.each([{}, 'text', [{}], [{ name: '' }], [{ name: 'a', required: 'yes' }], ['a']])(
    'a prompt with the arguments %j',
    (given) => {
      expect(judgeDefinition('prompts', { ...SOUND.prompts, arguments: given }).kind).toBe('left_out');
    },
  );

  test.each([null, 'text', 7, [], [{}]])('%j in the place of an entry', (entry) => {
    for (const kind of KINDS) expect(judgeDefinition(kind, entry).kind).toBe('left_out');
  });
});

test('what clients would reject the list for is taken off, where the thing works without it', () => {
  const members = {
    title: 7,
    description: 'a'.repeat(70_000),
    icons: [{}],
    _meta: 'text',
    outputSchema: { type: 'array' },
    annotations: { readOnlyHint: 'yes' },
    execution: { taskSupport: 'maybe' },
  };
  expect(judgeDefinition('tools', { ...SOUND.tools, ...members })).toEqual({
    kind: 'sound',
    definition: SOUND.tools,
    without: Object.keys(members),
    mended: [],
  });
  for (const annotations of [{ audience: ['nobody'] }, { priority: 2 }, { lastModified: 'yesterday' }])
    expect(judgeDefinition('resources', { ...SOUND.resources, annotations, mimeType: 7, size: '7' })).toEqual(
      {
        kind: 'sound',
        definition: SOUND.resources,
        without: ['mimeType', 'annotations', 'size'],
        mended: [],
      },
    );
});

test.each([
  [undefined, {}],
  [null, {}],
  [[], {}],
  [{}, {}],
  [{ type: null, properties: null }, {}],
  [
    { properties: { a: {} }, required: ['a'] },
    { properties: { a: {} }, required: ['a'] },
  ],
  [{ type: ['object', 'null'] }, {}],
  [{ type: 'object', properties: [] }, { properties: {} }],
  [
    { type: 'object', properties: { any: true, none: false, empty: [], nothing: null, a: { b: null } } },
    { properties: { any: {}, none: { not: {} }, empty: {}, nothing: {}, a: { b: null } } },
  ],
])('a tool whose input schema is %j takes an object, and says so', (inputSchema, said) => {
  expect(judgeDefinition('tools', { name: 'a', inputSchema })).toEqual({
    kind: 'sound',
    definition: { name: 'a', inputSchema: { type: 'object', ...said } },
    without: [],
    mended: ['inputSchema'],
  });
});

test('an argument of a prompt loses a description that nobody can read, and the prompt stays', () => {
  const given = [{ name: 'a', title: 7, description: {}, required: true }, { name: 'b' }];
  expect(judgeDefinition('prompts', { name: 'p', arguments: given })).toMatchObject({
    definition: { name: 'p', arguments: [{ name: 'a', required: true }, { name: 'b' }] },
    mended: ['arguments'],
  });
});

test('null is as good as nothing, and what is within schemas stays', () => {
  const schema = { type: 'object', properties: null, required: null, $schema: null, default: null };
  const tool = {
    ...SOUND.tools,
    title: null,
    annotations: { title: null, readOnlyHint: true },
    inputSchema: schema,
  };
  expect(judgeDefinition('tools', tool)).toMatchObject({
    kind: 'sound',
    definition: {
      ...SOUND.tools,
      annotations: { readOnlyHint: true },
      inputSchema: { type: 'object', default: null },
    },
    without: [],
  });
  const given = [{ name: 'a', description: null, required: null }];
  for (const [written, kept] of [
    [null, {}],
    [given, { arguments: [{ name: 'a' }] }],
  ] as const)
    expect(judgeDefinition('prompts', { name: 'p', arguments: written })).toMatchObject({
      definition: { name: 'p', ...kept },
    });
});

test('a resource without a name, or with one that cannot be shown, is called what people can read', () => {
  const nameOf = (name: unknown): unknown => {
    const judged = judgeDefinition('resources', { uri: 'file:///a', name });
    return judged.kind === 'sound' ? judged.definition['name'] : undefined;
  };
  for (const name of [undefined, null, '', 7]) expect(nameOf(name)).toBe('file:///a');
  expect(nameOf('a\u202eb\u0000')).toBe('a b ');
  expect(String(nameOf('😀'.repeat(500)))).toBe('😀'.repeat(128));
});

test('numbers stay as they were written', () => {
  const text = '{"uri":"a","name":"a","size":1.0,"annotations":{"priority":0.50},"x":12345678901234567890}';
  const judged = judgeDefinition('resources', parseFaithfully(text));
  expect(JSON.stringify(judged)).toContain(
    '"size":1.0,"annotations":{"priority":0.50},"x":12345678901234567890',
  );
  expect(judgeDefinition('resources', parseFaithfully('{"uri":"a","name":"a","size":1e400}'))).toMatchObject({
    without: ['size'],
  });
});
