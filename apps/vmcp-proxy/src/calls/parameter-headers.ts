import { encodeHeaderValue } from '../edge/header-value.js';
import { isNumber } from '../edge/faithful-json.js';
import { isObject, type JsonObject } from '../edge/message.js';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const MOST_DEPTH = 16;

/**
 * `Mcp-Param-*` headers (MCP 2026-07-28) of a call whose client does not know them: one for each argument whose schema
 * says `x-mcp-header`.
 */
export function parameterHeaders(definition: JsonObject | undefined, given: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  collect(definition?.['inputSchema'], given, headers, 0);
  return headers;
}

function collect(schema: unknown, value: unknown, headers: Record<string, string>, depth: number): void {
  if (!isObject(schema) || depth > MOST_DEPTH) return;
  const named = schema['x-mcp-header'];
  if (typeof named === 'string' && TOKEN.test(named)) {
    const text = asText(value);
    if (text !== undefined) headers[`mcp-param-${named.toLowerCase()}`] = encodeHeaderValue(text);
  }
  const properties = schema['properties'];
  if (!isObject(properties) || !isObject(value)) return;
  for (const [name, inner] of Object.entries(properties))
    if (Object.hasOwn(value, name)) collect(inner, value[name], headers, depth + 1);
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || isNumber(value)) return JSON.stringify(value);
  return undefined;
}
