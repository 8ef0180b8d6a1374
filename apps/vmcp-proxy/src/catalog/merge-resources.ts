import type { JsonObject } from '../mcp/message.js';

export interface ResourceSet {
  readonly backend: string;
  readonly resources: readonly JsonObject[];
  readonly resourceTemplates: readonly JsonObject[];
}

export interface ListedResource {
  /** URI or URI template, as clients see it. */
  readonly uri: string;
  readonly backend: string;
  readonly original: string;
  readonly definition: JsonObject;
}

export interface MergedResources {
  readonly resources: readonly ListedResource[];
  readonly resourceTemplates: readonly ListedResource[];
}

/** URIs mean something to users, so they are kept; one that an earlier backend has is listed as `<backend>+<uri>`. */
export const mergeResources = (sets: readonly ResourceSet[]): MergedResources => ({
  resources: mergeBy(
    'uri',
    sets.map(({ backend, resources }) => [backend, resources]),
  ),
  resourceTemplates: mergeBy(
    'uriTemplate',
    sets.map(({ backend, resourceTemplates }) => [backend, resourceTemplates]),
  ),
});

function mergeBy(
  member: 'uri' | 'uriTemplate',
  sets: readonly (readonly [string, readonly JsonObject[]])[],
): readonly ListedResource[] {
  const taken = new Set<string>();
  return sets.flatMap(([backend, definitions]) =>
    definitions.flatMap((definition) => {
      const original = definition[member];
      if (typeof original !== 'string') return [];
      let uri = original;
      while (taken.has(uri)) uri = qualified(backend, uri);
      taken.add(uri);
      return [
        {
          uri,
          backend,
          original,
          definition: uri === original ? definition : { ...definition, [member]: uri },
        },
      ];
    }),
  );
}

export const qualified = (backend: string, uri: string): string => `${backend}+${uri}`;

/** Whether a URI can have come from the template (RFC 6570). Linear in its input, since a backend wrote the template. */
export function matchesTemplate(template: string, uri: string): boolean {
  const literals = template.split(/\{[^{}]*\}/);
  const first = literals[0] ?? '';
  const last = literals.at(-1) ?? '';
  if (literals.length === 1) return template === uri;
  if (!uri.startsWith(first) || !uri.endsWith(last) || uri.length < first.length + last.length) return false;
  let at = first.length;
  const end = uri.length - last.length;
  for (const literal of literals.slice(1, -1)) {
    const found = uri.indexOf(literal, at);
    if (found === -1 || found + literal.length > end) return false;
    at = found + literal.length;
  }
  return true;
}

/** The more of a template is fixed, the better it fits. */
export const fixedLength = (template: string): number => template.replaceAll(/\{[^{}]*\}/g, '').length;
