import { expect, test } from '@jest/globals';
import * as v2 from '@modelcontextprotocol/core';
import * as v1 from '@modelcontextprotocol/sdk/types.js';
import * as fc from 'fast-check';
import type { JsonObject } from '../mcp/message.js';
import { KINDS, type Kind } from './definitions.js';
import { judgeDefinition } from './sound-definition.js';

/** What clients check an entry of a list with, and an entry with all members that they know. */
const REFERENCE: Readonly<
  Record<Kind, { readonly schemas: readonly Reading[]; readonly whole: JsonObject }>
> = {
  tools: {
    schemas: [v1.ToolSchema, v2.ToolSchema],
    whole: {
      name: 'a',
      title: 'A',
      description: 'Does it.',
      icons: [{ src: 'https://a.example/i', mimeType: 'image/png', sizes: ['1x1'], theme: 'dark' }],
      inputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { a: { type: 'string' } },
        required: ['a'],
      },
      outputSchema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      annotations: {
        title: 'A',
        readOnlyHint: true,
        destructiveHint: false,
        idempotentHint: true,
        openWorldHint: false,
      },
      execution: { taskSupport: 'optional' },
      _meta: { 'a/b': 1 },
    },
  },
  prompts: {
    schemas: [v1.PromptSchema, v2.PromptSchema],
    whole: {
      name: 'a',
      title: 'A',
      description: 'Asks it.',
      icons: [{ src: 'https://a.example/i' }],
      arguments: [{ name: 'a', title: 'A', description: 'It.', required: true }],
      _meta: { 'a/b': 1 },
    },
  },
  resources: {
    schemas: [v1.ResourceSchema, v2.ResourceSchema],
    whole: {
      uri: 'file:///a',
      name: 'a',
      title: 'A',
      description: 'Is it.',
      icons: [{ src: 'https://a.example/i' }],
      mimeType: 'text/plain',
      size: 7,
      annotations: { audience: ['user'], priority: 0.5, lastModified: '2026-07-28T00:00:00Z' },
      _meta: { 'a/b': 1 },
    },
  },
  resourceTemplates: {
    schemas: [v1.ResourceTemplateSchema, v2.ResourceTemplateSchema],
    whole: {
      uriTemplate: 'file:///{a}',
      name: 'a',
      title: 'A',
      description: 'Are they.',
      icons: [{ src: 'https://a.example/i' }],
      mimeType: 'text/plain',
      annotations: { audience: ['assistant'], priority: 1, lastModified: '2026-07-28T00:00:00+02:00' },
      _meta: { 'a/b': 1 },
    },
  },
};
type Reading = { safeParse(value: unknown): { readonly success: boolean } };

const WRONG: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  -1,
  1.5,
  '',
  'text',
  [],
  [null],
  [7],
  ['text'],
  [{}],
  [[]],
  {},
  { a: null },
  { a: 7 },
  { a: {} },
  { type: 'array' },
  { name: 7 },
];

/** Every member of the value, however deep, by the way to it. */
function placesIn(value: unknown, way: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    [...way, name],
    ...placesIn(member, [...way, name]),
  ]);
}

function changed(value: unknown, [name, ...rest]: readonly string[], to: unknown): unknown {
  if (name === undefined) return to;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...(value as unknown[])]
    : { ...(value as JsonObject) };
  const holder = copy as Record<string, unknown>;
  holder[name] = changed(holder[name], rest, to);
  return copy;
}

/** Every entry that has one wrong value somewhere. As it comes over the wire: what is undefined is not there. */
const variantsOf = (whole: JsonObject) =>
  placesIn(whole).flatMap((way) =>
    WRONG.map((wrong) => ({
      way,
      wrong,
      entry: JSON.parse(JSON.stringify(changed(whole, way, wrong))) as unknown,
    })),
  );

/** Nobody can use the thing without these. */
const NEEDED: Readonly<Record<Kind, RegExp>> = {
  tools: /^(name|inputSchema)\b/,
  prompts: /^(name|arguments)\b/,
  resources: /^uri:/,
  resourceTemplates: /^uriTemplate:/,
};

test.each(KINDS)('%s: a whole entry is shown as it is', (kind) => {
  const { whole, schemas } = REFERENCE[kind];
  for (const schema of schemas) expect(schema.safeParse(whole).success).toBe(true);
  expect(judgeDefinition(kind, whole)).toEqual({
    kind: 'sound',
    definition: whole,
    without: [],
    mended: [],
  });
});

test.each(KINDS)('%s: no wrong value at any place makes an entry that a reference SDK refuses', (kind) => {
  const { whole, schemas } = REFERENCE[kind];
  let refusedAsTheyCame = 0;
  for (const { way, wrong, entry } of variantsOf(whole)) {
    const judged = judgeDefinition(kind, entry);
    const accepted = schemas.every((schema) => schema.safeParse(entry).success);
    if (!accepted) refusedAsTheyCame += 1;
    const what = `${way.join('.')}: ${JSON.stringify(wrong)}`;
    if (judged.kind === 'left_out') expect(what).toMatch(NEEDED[kind]);
    else
      for (const schema of schemas)
        expect([what, schema.safeParse(judged.definition).success]).toEqual([what, true]);
  }
  // The table says something only as long as the SDKs refuse a good part of it.
  expect(refusedAsTheyCame).toBeGreaterThan(50);
});

test.each([
  ['tools', 'inputSchema', undefined],
  ['tools', 'inputSchema', null],
  ['prompts', 'arguments', null],
  ['resources', 'mimeType', null],
  ['resources', 'name', undefined],
  ['resourceTemplates', 'name', undefined],
  ['resourceTemplates', 'annotations', null],
] as const)('%s: an entry whose %s is %j is listed', (kind, member, value) => {
  const { whole, schemas } = REFERENCE[kind];
  const judged = judgeDefinition(kind, changed(whole, [member], value));
  expect(judged.kind).toBe('sound');
  if (judged.kind === 'sound')
    for (const schema of schemas) expect(schema.safeParse(judged.definition).success).toBe(true);
});

test('whatever stands in the members of an entry, reference clients of both generations take what is listed', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  for (const kind of KINDS) {
    const { schemas, whole } = REFERENCE[kind];
    const names = Object.keys(whole);
    // Wrong at the root and a step deeper: members that are there, gone, and new.
    const change = fc.tuple(fc.constantFrom(...names), fc.option(fc.string({ maxLength: 8 })), value);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const entry: JsonObject = structuredClone(whole);
        for (const [name, inner, given] of changes) {
          const known = entry[name];
          if (inner !== null && typeof known === 'object' && known !== null && !Array.isArray(known))
            entry[name] = { ...known, [inner === '' ? (Object.keys(known)[0] ?? 'x') : inner]: given };
          else entry[name] = given;
        }
        const judged = judgeDefinition(kind, entry);
        if (judged.kind === 'left_out') return;
        for (const schema of schemas)
          expect([judged.definition, schema.safeParse(judged.definition).success]).toEqual([
            judged.definition,
            true,
          ]);
      }),
      { numRuns: 400 },
    );
  }
});
