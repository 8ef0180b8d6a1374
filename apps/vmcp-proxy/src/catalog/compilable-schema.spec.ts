import { describe, expect, test } from '@jest/globals';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import fc from 'fast-check';
import type { JsonObject } from '../mcp/message.js';
import { isCompilable } from './compilable-schema.js';

/** What the client of the reference SDK does with each output schema of a list. */
function clientCompiles(schema: JsonObject): boolean {
  try {
    new AjvJsonSchemaValidator().getValidator(schema);
    return true;
  } catch {
    return false;
  }
}

const SCALARS = fc.oneof(
  fc.boolean(),
  fc.integer({ min: -2, max: 5 }),
  fc.constant(null),
  fc.constantFrom(
    '',
    'object',
    'string',
    'strin',
    '#',
    '#/$defs/a',
    '#/$defs/b/items',
    '#a',
    'a',
    '(',
    '\\p{L}',
    'x:y',
  ),
);
const KEYWORDS = [
  ...[
    'type',
    'properties',
    'required',
    'items',
    'prefixItems',
    'additionalItems',
    'contains',
    'enum',
    'const',
  ],
  ...['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', '$ref', '$defs', 'definitions', '$id', 'id'],
  ...[
    '$anchor',
    '$dynamicAnchor',
    '$schema',
    '$comment',
    'pattern',
    'patternProperties',
    'additionalProperties',
    'nullable',
  ],
  ...[
    'propertyNames',
    'dependencies',
    'dependentRequired',
    'dependentSchemas',
    'format',
    'minimum',
    '$async',
  ],
  ...[
    'exclusiveMaximum',
    'multipleOf',
    'minLength',
    'maxItems',
    'minContains',
    'maxProperties',
    'uniqueItems',
  ],
  ...['unevaluatedProperties', 'unevaluatedItems', 'discriminator', 'contentMediaType', 'x-vendor', 'a', 'b'],
];
/** Schemas as bad servers write them: every keyword with every kind of value. */
const schemas = fc.letrec<{ value: unknown; schema: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    SCALARS,
    fc.array(tie('value'), { maxLength: 3 }),
    tie('schema'),
    tie('schema'),
  ),
  schema: fc.dictionary(fc.constantFrom(...KEYWORDS), tie('value'), {
    maxKeys: 4,
  }),
})).schema;

test('whatever a server writes: an output schema that is shown never makes a client lose its list', () => {
  let shown = 0;
  fc.assert(
    fc.property(schemas, (written) => {
      // As the wire gives it: no prototype tricks.
      const schema = { ...(JSON.parse(JSON.stringify(written)) as JsonObject), type: 'object' };
      if (!isCompilable(schema)) return;
      shown += 1;
      expect([schema, clientCompiles(schema)]).toEqual([schema, true]);
    }),
    { numRuns: 3_000 },
  );
  expect(shown).toBeGreaterThan(100);
});

const holding = (schema: unknown): JsonObject => ({ type: 'object', properties: { a: schema } });

describe('taken off, since a client would lose its list', () => {
  test.each([
    { type: 'strin' },
    { type: 7 },
    { pattern: '(' },
    { pattern: '\\-' },
    { $ref: '#/definitions/none' },
    { $ref: 'https://x.example/y' },
    { $ref: '#/properties/toString' },
    { items: 'string' },
    { items: null },
    { enum: [] },
    { minimum: '1' },
    { required: true },
    { anyOf: [null] },
    { additionalProperties: 'no' },
    { exclusiveMinimum: true },
    { nullable: true },
    { $id: 'https://x.example/y' },
    { 'x-vendor': { $anchor: '' } },
    { items: { $anchor: 'twice' }, not: { $anchor: 'twice' } },
    null,
  ])('%j', (schema) => {
    expect([isCompilable(holding(schema)), clientCompiles(holding(schema))]).toContain(false);
    expect(isCompilable(holding(schema))).toBe(false);
  });
});

describe('stays', () => {
  test.each([
    holding({ type: ['string', 'null'], minLength: 1, pattern: '^\\p{L}+$', format: 'date-time' }),
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'https://x.example/whole',
      type: 'object',
      $defs: { one: { $anchor: 'here', type: 'string' }, 'a/b': { enum: [1, null] } },
      properties: {
        a: { $ref: '#/$defs/one' },
        b: { $ref: '#here' },
        c: { $ref: '#/$defs/a~1b' },
        self: { $ref: '#' },
        list: { type: 'array', prefixItems: [{}], items: { anyOf: [{ type: 'string' }, true] } },
      },
      unevaluatedProperties: false,
      'x-vendor': { type: 'whatever' },
    },
  ])('%j', (schema) => {
    expect([isCompilable(schema), clientCompiles(schema)]).toEqual([true, true]);
  });
});
