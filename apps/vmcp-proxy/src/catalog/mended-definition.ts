import { isObject, type JsonObject } from '../mcp/message.js';
import type { Kind } from './definitions.js';

export interface Mended {
  readonly definition: JsonObject;
  /** Members that say now what they meant. */
  readonly mended: readonly string[];
}

/**
 * An entry with what its server must have meant, where that is plain: `null` is as good as nothing, and a tool's arguments
 * are an object whatever its schema leaves out. Clients reject the whole list for less.
 */
export function mendedDefinition(kind: Kind, entry: JsonObject): Mended {
  const present = withoutNulls(entry);
  if (kind === 'prompts') return withMended(present, 'arguments', describedArguments(present['arguments']));
  if (kind !== 'tools') return { definition: present, mended: [] };
  const withInput = withMended(present, 'inputSchema', objectSchema(present['inputSchema'] ?? {}));
  const output = present['outputSchema'];
  if (output === undefined) return withInput;
  const both = withMended(withInput.definition, 'outputSchema', objectSchema(output));
  return { ...both, mended: [...withInput.mended, ...both.mended] };
}

const withMended = (entry: JsonObject, name: string, value: unknown): Mended =>
  value === entry[name]
    ? { definition: entry, mended: [] }
    : { definition: { ...entry, [name]: value }, mended: [name] };

/** PHP writes an empty object as an empty array. */
const isEmptyArray = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** The schema of an object. What says that it is something else is left for others to judge. */
function objectSchema(given: unknown): unknown {
  if (isEmptyArray(given)) return { type: 'object' };
  if (!isObject(given)) return given;
  const typed = objectTyped(given);
  const properties = schemasOfProperties(given['properties']);
  return properties === given['properties'] ? typed : { ...typed, properties };
}

function objectTyped(schema: JsonObject): JsonObject {
  const { type } = schema;
  if (type === undefined) return { type: 'object', ...schema };
  return Array.isArray(type) && type.includes('object') ? { ...schema, type: 'object' } : schema;
}

/** Since draft 6, `true` and `false` are schemas (JSON Schema 2020-12, core, section 4.3.2). Clients know objects alone. */
function schemasOfProperties(properties: unknown): unknown {
  if (isEmptyArray(properties)) return {};
  if (!isObject(properties)) return properties;
  if (Object.values(properties).every((schema) => isObject(schema))) return properties;
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, schemaOfProperty(schema)]),
  );
}

function schemaOfProperty(schema: unknown): unknown {
  if (schema === true || schema === null || isEmptyArray(schema)) return {};
  return schema === false ? { not: {} } : schema;
}

/** A prompt works without what its arguments are called and said to be. */
function describedArguments(given: unknown): unknown {
  if (!Array.isArray(given)) return given;
  const described = given.map((argument: unknown) => {
    if (!isObject(argument)) return argument;
    const unreadable = ['title', 'description'].filter(
      (name) => argument[name] !== undefined && typeof argument[name] !== 'string',
    );
    return unreadable.length === 0
      ? argument
      : Object.fromEntries(Object.entries(argument).filter(([name]) => !unreadable.includes(name)));
  });
  return described.every((argument, index) => argument === given[index]) ? given : described;
}

/** Some servers write `null` for what is not there; clients reject it. */
function withoutNulls(entry: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(entry).flatMap(([name, value]) =>
      value === null ? [] : [[name, withoutNullsIn(name, value)]],
    ),
  );
}

/** Members of schemas, of which clients read these only: elsewhere in one, `null` can mean something. */
const READ_IN_SCHEMAS: ReadonlySet<string> = new Set(['$schema', 'type', 'properties', 'required']);

function withoutNullsIn(name: string, value: unknown): unknown {
  switch (name) {
    case 'inputSchema':
    case 'outputSchema':
      return withoutNullMembers(value, (member) => READ_IN_SCHEMAS.has(member));
    case 'annotations':
    case 'execution':
      return withoutNullMembers(value);
    case 'icons':
    case 'arguments':
      return Array.isArray(value) ? value.map((item) => withoutNullMembers(item)) : value;
    default:
      return value;
  }
}

const withoutNullMembers = (value: unknown, concerns: (name: string) => boolean = () => true): unknown =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).filter(([name, member]) => member !== null || !concerns(name)))
    : value;
