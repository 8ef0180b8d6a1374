import { encodeHeaderValue } from '../mcp/header-value.js';
import { isObject, type JsonObject } from '../mcp/message.js';
import type { Json } from '../json/raw-json.js';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const MAX_DEPTH = 16;

/**
 * `Mcp-Param-*` headers (MCP 2026-07-28) of a call whose client does not know them: one for each argument whose schema
 * says `x-mcp-header`. Arguments are looked into as far as the schema names them, no further.
 * @throws {RefusedJson}
 */
export function parameterHeaders(
  definition: JsonObject | undefined,
  given: Json | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { name, path } of mirrored(definition?.['inputSchema'], [])) {
    const value = path.reduce((holder: Json | undefined, member) => holder?.object()?.get(member), given);
    const text = value === undefined ? undefined : asText(value);
    if (text !== undefined) headers[`mcp-param-${name.toLowerCase()}`] = encodeHeaderValue(text);
  }
  return headers;
}

interface Mirrored {
  readonly name: string;
  /** Of the argument. */
  readonly path: readonly string[];
}

function mirrored(schema: unknown, path: readonly string[]): readonly Mirrored[] {
  if (!isObject(schema) || path.length > MAX_DEPTH) return [];
  const name = schema['x-mcp-header'];
  const properties = schema['properties'];
  return [
    ...(typeof name === 'string' && TOKEN.test(name) ? [{ name, path }] : []),
    ...(isObject(properties)
      ? Object.entries(properties).flatMap(([member, inner]) => mirrored(inner, [...path, member]))
      : []),
  ];
}

function asText(json: Json): string | undefined {
  if (json.kind === 'object' || json.kind === 'array') return undefined;
  const value = json.value();
  if (typeof value === 'string') return value;
  return value === null ? undefined : JSON.stringify(value);
}
