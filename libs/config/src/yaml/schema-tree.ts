import { z } from 'zod';
import type { Path } from '../findings/path.js';
import { facts, type FieldFacts } from './fields.js';

/** A zod schema as the structure checks and the documentation need it: without wrappers, with the facts of each field. */
export type SchemaNode = FieldFacts &
  (
    | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, SchemaField> }
    | { readonly kind: 'list'; readonly element: SchemaNode }
    | { readonly kind: 'map'; readonly value: SchemaNode }
    | { readonly kind: 'choice'; readonly values: readonly string[] }
    | { readonly kind: 'countOr'; readonly countOr: NonNullable<FieldFacts['countOr']> }
    | { readonly kind: 'text' | 'number' | 'flag' }
  );

export interface SchemaField {
  readonly node: SchemaNode;
  readonly required: boolean;
  readonly fallback?: unknown;
}

/** Reads a zod schema. A kind of schema that the tree does not know is our bug and throws. */
export function schemaTree(schema: z.core.$ZodType): SchemaNode {
  const known = facts.get(schema) ?? {};
  if (schema instanceof z.ZodObject)
    return {
      ...known,
      kind: 'object',
      fields: new Map(
        Object.entries(schema.shape as z.ZodRawShape).map(([name, field]) => [name, schemaField(field)]),
      ),
    };
  if (schema instanceof z.ZodArray) return { ...known, kind: 'list', element: schemaTree(schema.element) };
  if (schema instanceof z.ZodRecord) return { ...known, kind: 'map', value: schemaTree(schema.valueType) };
  if (schema instanceof z.ZodEnum) return { ...known, kind: 'choice', values: schema.options.map(String) };
  if (schema instanceof z.ZodString) return { ...known, kind: 'text' };
  if (schema instanceof z.ZodNumber) return { ...known, kind: 'number' };
  if (schema instanceof z.ZodBoolean) return { ...known, kind: 'flag' };
  if (schema instanceof z.ZodUnion && known.countOr !== undefined)
    return { ...known, kind: 'countOr', countOr: known.countOr };
  if (schema instanceof z.ZodUnion && known.flagOr !== undefined)
    return { ...known, kind: 'choice', values: [known.flagOr, 'true', 'false'] };
  throw new Error(`A configuration field has a type that is not known here: ${schema._zod.def.type}`);
}

function schemaField(schema: z.core.$ZodType): SchemaField {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return { node: schemaTree(schema.def.innerType), required: false, fallback: schema.def.defaultValue };
  if (schema instanceof z.ZodExactOptional)
    return { node: schemaTree(schema.def.innerType), required: false };
  return { node: schemaTree(schema), required: true };
}

/** The part of the schema that a path leads to; `undefined` behind an unknown field. */
export function nodeAt(root: SchemaNode, path: Path): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const step of path) {
    if (node?.kind === 'object') node = node.fields.get(String(step))?.node;
    else if (node?.kind === 'list') node = node.element;
    else if (node?.kind === 'map') node = node.value;
    else return undefined;
  }
  return node;
}
