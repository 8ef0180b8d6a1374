import { PROFILES } from './profiles/profiles.js';
import { isOwn } from './profiles/known-fields.js';
import { gatehouseYamlTree } from './structure/structure.js';
import { KEY_PLACES } from './yaml/checks.js';
import { FORMATS } from './yaml/formats.js';
import { PROVIDER_BLOCKS } from './yaml/provider-fields.js';
import type { SchemaField, SchemaNode } from './yaml/schema-tree.js';

/** A part of a JSON Schema (draft 7, which editors of YAML read). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema of `gatehouse.yaml`, for completion in editors. It knows fields, choices and what each is for. Formats of texts
 * and rules across fields are left to `gatehouse validate`: whatever that accepts, this accepts.
 */
export const configurationJsonSchema = (): JsonSchema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'gatehouse.yaml',
  ...schemaOf(gatehouseYamlTree, 'The configuration of Gatehouse.'),
});

function schemaOf(node: SchemaNode, about = aboutOf(node)): JsonSchema {
  const said = about === undefined ? {} : { description: about };
  switch (node.kind) {
    case 'object':
      return { ...said, ...objectSchema(node) };
    case 'list':
      return { ...said, type: 'array', items: schemaOf(node.element) };
    case 'map':
      return { ...said, type: 'object', additionalProperties: schemaOf(node.value) };
    case 'choice':
      return { ...said, enum: node.values.map(asWritten) };
    case 'countOr':
      return { ...said, anyOf: [{ const: node.countOr.word }, { type: 'integer' }] };
    case 'text':
      return { ...said, type: 'string' };
    case 'number':
      return { ...said, type: 'integer' };
    case 'flag':
      return { ...said, type: 'boolean' };
  }
}

/** A flag that may be a word is a choice, and its other values are no texts. */
const asWritten = (value: string): string | boolean =>
  value === 'true' || value === 'false' ? value === 'true' : value;

type ObjectNode = Extract<SchemaNode, { kind: 'object' }>;

function objectSchema(node: ObjectNode): JsonSchema {
  if (node.blocks === PROVIDER_BLOCKS) return providerSchema(node);
  const { properties, required } = fieldsOf(node);
  const isReference = node.secret === true;
  return {
    type: 'object',
    properties,
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    ...(isReference
      ? {
          oneOf: KEY_PLACES.filter((place) => node.fields.has(place)).map((place) => ({ required: [place] })),
        }
      : {}),
  };
}

/** A provider that Gatehouse knows has the fields of its block beside `provider`, and what its profile asks for. */
function providerSchema(node: ObjectNode): JsonSchema {
  const { properties, required } = fieldsOf(node);
  const ofBlocks = Object.values(PROVIDER_BLOCKS).flatMap((name) => {
    const inner = node.fields.get(name)?.node;
    return inner?.kind === 'object' ? Object.entries(fieldsOf(inner).properties) : [];
  });
  const ofProfiles = Object.values(PROFILES).flatMap(({ parameters = {} }) =>
    Object.entries(parameters).map(([name, { about }]) => [name, { type: 'string', description: about }]),
  );
  const own = Object.entries(properties).filter(([name]) => isOwn(name) || name === 'type');
  return {
    type: 'object',
    if: { required: ['provider'] },
    then: {
      properties: Object.fromEntries([...ofProfiles, ...ofBlocks, ...own]) as JsonSchema,
      additionalProperties: false,
      required: required.filter((name) => isOwn(name)),
    },
    else: { properties, additionalProperties: false, required: [...required, 'type'] },
  };
}

function fieldsOf({ fields }: ObjectNode) {
  const all = [...fields];
  return {
    properties: Object.fromEntries(all.map(([name, field]) => [name, fieldSchema(field)])) as JsonSchema,
    required: all
      .filter(([, { node, required }]) => required && node.derived === undefined)
      .map(([name]) => name),
  };
}

function fieldSchema({ node, fallback }: SchemaField): JsonSchema {
  const schema = schemaOf(node);
  return fallback === undefined || node.kind === 'object' ? schema : { ...schema, default: fallback };
}

function aboutOf(node: SchemaNode): string | undefined {
  const format = node.kind === 'text' && node.format !== undefined ? FORMATS[node.format].describes : '';
  const derived = node.derived === undefined ? '' : `Left out: ${node.derived}.`;
  const sentences = [node.about ?? '', format === '' ? '' : `Type: ${format}.`, derived];
  return sentences.filter((sentence) => sentence !== '').join(' ') || undefined;
}
