import { isNumber } from '../json/faithful-json.js';
import { isObject, type JsonObject } from '../mcp/message.js';

/**
 * Clients compile each output schema while they list, and lose the whole list when their compiler throws. This tells what
 * every compiler takes: the keywords that they read have the shape that JSON Schema gives them, and references lead to a
 * place in the same document. Keywords that they do not know may hold anything.
 */
export function isCompilable(root: JsonObject): boolean {
  const anchors = anchorsIn(root);
  return anchors !== undefined && isSoundObject(root, { root, anchors });
}

interface Document {
  readonly root: JsonObject;
  readonly anchors: ReadonlySet<unknown>;
}
/** @param holder the schema in which the keyword stands. */
type Check = (value: unknown, document: Document, holder: JsonObject) => boolean;

const TYPES: ReadonlySet<unknown> = new Set([
  'object',
  'array',
  'string',
  'number',
  'integer',
  'boolean',
  'null',
]);
const MAX_PATTERN_CHARACTERS = 1_000;

const isText: Check = (value) => typeof value === 'string';
const isType: Check = (value) =>
  Array.isArray(value) ? value.length > 0 && value.every((one) => TYPES.has(one)) : TYPES.has(value);
const areNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');
const isSchema: Check = (value, document) =>
  typeof value === 'boolean' || (isObject(value) && isSoundObject(value, document));
const areSchemas: Check = (value, document, holder) =>
  Array.isArray(value) && value.length > 0 && value.every((one) => isSchema(one, document, holder));
const isSchemaMap: Check = (value, document, holder) =>
  isObject(value) && Object.values(value).every((one) => isSchema(one, document, holder));
/** Compilers make regular expressions of them, with the flag `u`. */
const isPattern = (value: unknown): boolean => {
  if (typeof value !== 'string' || value.length > MAX_PATTERN_CHARACTERS) return false;
  try {
    return new RegExp(value, 'u').unicode;
  } catch {
    return false;
  }
};
const mapped = (names: readonly string[], check: Check): readonly (readonly [string, Check])[] =>
  names.map((name) => [name, check]);

const ONE_SCHEMA = [
  ...['not', 'if', 'then', 'else', 'contains', 'additionalItems', 'unevaluatedItems'],
  ...['additionalProperties', 'unevaluatedProperties', 'propertyNames'],
];
const SCHEMA_LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SCHEMA_MAPS = ['properties', '$defs', 'definitions', 'dependentSchemas'];
const AMOUNTS = [
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength'],
  ...['minItems', 'maxItems', 'minContains', 'maxContains', 'minProperties', 'maxProperties'],
];

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ...mapped(['$schema', '$comment', 'format'], isText),
  ...mapped(AMOUNTS, isNumber),
  ...mapped(ONE_SCHEMA, isSchema),
  ...mapped(SCHEMA_LISTS, areSchemas),
  ...mapped(SCHEMA_MAPS, isSchemaMap),
  ['type', isType],
  ['enum', (value) => Array.isArray(value) && value.length > 0],
  ['required', areNames],
  ['uniqueItems', (value) => typeof value === 'boolean'],
  ['pattern', isPattern],
  ['patternProperties', (value, ...more) => isSchemaMap(value, ...more) && keysOf(value).every(isPattern)],
  ['items', (value, ...more) => (Array.isArray(value) ? areSchemas : isSchema)(value, ...more)],
  ['dependentRequired', (value) => isObject(value) && Object.values(value).every(areNames)],
  [
    'dependencies',
    (value, ...more) =>
      isObject(value) && Object.values(value).every((one) => areNames(one) || isSchema(one, ...more)),
  ],
  ['$ref', (value, document) => leadsSomewhere(value, document)],
  ...mapped(['$anchor', '$dynamicAnchor', '$id'], isText),
  // Of revisions that compilers refuse by name, or of one compiler.
  ...mapped(['id', '$async'], () => false),
  ['nullable', (value, _document, { type }) => typeof value === 'boolean' && type !== undefined],
]);

const isSoundObject = (schema: JsonObject, document: Document): boolean =>
  Object.entries(schema).every(
    ([keyword, value]) => CHECKS.get(keyword)?.(value, document, schema) !== false,
  );

const keysOf = (value: unknown): readonly string[] => (isObject(value) ? Object.keys(value) : []);

/** Where a JSON Pointer may begin: what is below was looked at as a schema. */
const WITH_SCHEMAS: ReadonlySet<string> = new Set([...ONE_SCHEMA, ...SCHEMA_LISTS, ...SCHEMA_MAPS, 'items']);

/** `#`, an anchor, or a JSON Pointer (RFC 6901). Nothing is ever fetched for a schema. */
function leadsSomewhere(reference: unknown, { root, anchors }: Document): boolean {
  if (typeof reference !== 'string' || !reference.startsWith('#')) return false;
  if (!reference.startsWith('#/')) return reference === '#' || anchors.has(reference.slice(1));
  const steps = reference.slice(2).split('/').map(unescaped);
  if (!WITH_SCHEMAS.has(steps[0] ?? '')) return false;
  const found = steps.reduce<unknown>(
    (at, step) => (isHolder(at) && step !== undefined && Object.hasOwn(at, step) ? at[step] : undefined),
    root,
  );
  return isObject(found) || typeof found === 'boolean';
}

/** An object, or an array, whose indices are names as well. */
const isHolder = (value: unknown): value is JsonObject => isObject(value) || Array.isArray(value);

function unescaped(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}

const ANCHOR = /^[a-z_][\w.-]*$/i;

/**
 * Names of places. Compilers look for them everywhere, also where no schema is, and throw when one has two places, also in the
 * schemas of two tools: so only the whole may have an `$id`. @returns `undefined` when they would throw.
 */
function anchorsIn(root: JsonObject): ReadonlySet<unknown> | undefined {
  const anchors = new Set<unknown>();
  const visit = (value: unknown): boolean => {
    if (!isHolder(value)) return true;
    if (value !== root && typeof value['$id'] === 'string') return false;
    for (const anchor of [value['$anchor'], value['$dynamicAnchor']]) {
      if (typeof anchor !== 'string') continue;
      if (!ANCHOR.test(anchor) || anchors.has(anchor)) return false;
      anchors.add(anchor);
    }
    return Object.values(value).every(visit);
  };
  return visit(root) ? anchors : undefined;
}
