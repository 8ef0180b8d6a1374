import type { Aggregation } from '@gatehouse/config/model/aggregation';
import { outcomeAmong, rankIn } from '@gatehouse/config/model/name-conflict';
import { hasPartsInOrder } from '@gatehouse/kernel/wildcard';
import type { JsonObject } from '../mcp/message.js';
import type { MergeNote } from './merge.js';

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
  readonly notes: readonly MergeNote[];
}

/**
 * URIs mean something to users: one that a single backend has is kept, whatever the resolution. Of backends that have the
 * same one, with `prefix` the first keeps it and the others' is listed as `<backend>+<uri>`; with `priority` the first of
 * the order has it and the others' is not listed; where nothing decides, all are listed as `<backend>+<uri>`.
 */
export function mergeResources(sets: readonly ResourceSet[], aggregation: Aggregation): MergedResources {
  const notes: MergeNote[] = [];
  const merged = (kind: 'resources' | 'resourceTemplates', member: Member): readonly ListedResource[] =>
    mergeBy(
      member,
      sets.map((set) => [set.backend, set[kind]]),
      aggregation,
      notes,
    );
  return {
    resources: merged('resources', 'uri'),
    resourceTemplates: merged('resourceTemplates', 'uriTemplate'),
    notes,
  };
}

type Member = 'uri' | 'uriTemplate';

function mergeBy(
  member: Member,
  sets: readonly (readonly [string, readonly JsonObject[]])[],
  aggregation: Aggregation,
  notes: MergeNote[],
): readonly ListedResource[] {
  const owners = ownersOf(member, sets);
  const rankOf = rankIn(aggregation);
  const taken = new Set<string>();
  return sets.flatMap(([backend, definitions]) =>
    definitions.flatMap((definition) => {
      const original = definition[member];
      if (typeof original !== 'string') return [];
      const rivals = (owners.get(original) ?? []).filter((owner) => owner !== backend);
      const outcome =
        rivals.length === 0 || aggregation.conflictResolution === 'prefix'
          ? 'kept'
          : outcomeAmong(rankOf(backend), rivals.map(rankOf));
      if (outcome === 'shadowed') {
        notes.push({ backend, original, name: original, outcome });
        return [];
      }
      let uri = outcome === 'renamed' ? qualified(backend, original) : original;
      while (taken.has(uri)) uri = qualified(backend, uri);
      taken.add(uri);
      if (uri !== original) notes.push({ backend, original, name: uri, outcome: 'renamed' });
      const listed = uri === original ? definition : { ...definition, [member]: uri };
      return [{ uri, backend, original, definition: listed }];
    }),
  );
}

/** Which backends have a URI, in their order. */
function ownersOf(
  member: Member,
  sets: readonly (readonly [string, readonly JsonObject[]])[],
): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  for (const [backend, definitions] of sets)
    for (const { [member]: uri } of definitions) {
      if (typeof uri !== 'string') continue;
      const known = owners.get(uri);
      if (known === undefined) owners.set(uri, [backend]);
      else known.push(backend);
    }
  return owners;
}

/** Hosts take pages of MCP Apps by their scheme. */
const PAGE = 'ui://';

/** The name of a backend's resource that no resource of another backend has. */
export const qualified = (backend: string, uri: string): string =>
  uri.startsWith(PAGE) ? `${PAGE}${backend}+${uri.slice(PAGE.length)}` : `${backend}+${uri}`;

/** What the backend calls the resource, if that is its name. */
export function unqualified(backend: string, uri: string): string | undefined {
  if (uri.startsWith(`${backend}+`)) return uri.slice(backend.length + 1);
  const page = `${PAGE}${backend}+`;
  return uri.startsWith(page) ? PAGE + uri.slice(page.length) : undefined;
}

/** Whether a URI can have come from the template (RFC 6570). Linear in its input, since a backend wrote the template. */
export const matchesTemplate = (template: string, uri: string): boolean =>
  hasPartsInOrder(template.split(/\{[^{}]*\}/), uri);

/** The more of a template is fixed, the better it fits. */
export const fixedLength = (template: string): number => template.replaceAll(/\{[^{}]*\}/g, '').length;
