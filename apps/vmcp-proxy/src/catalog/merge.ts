import {
  prefixOf,
  type Aggregation,
  type ToolOverride,
  type WorkloadTools,
} from '@gatehouse/config/model/aggregation';
import { MAX_NAME_LENGTH_OF_HOSTS } from '@gatehouse/config/model/bounds';
import { outcomeAmong, rankIn } from '@gatehouse/config/model/name-conflict';
import { plainName, shortName } from '@gatehouse/kernel/short-name';
import { isObject, type JsonObject } from '../mcp/message.js';

/** Definitions of one backend that are told apart by `name`: tools or prompts. */
export interface NamedSet {
  readonly backend: string;
  readonly definitions: readonly JsonObject[];
  /** Stand-ins for a backend that cannot be listed: always under its prefix, never changed. */
  readonly standIn?: boolean;
}

export interface Listed {
  /** As clients see it. */
  readonly name: string;
  readonly backend: string;
  /** As the backend knows it. */
  readonly original: string;
  readonly definition: JsonObject;
}

/**
 * A definition that clients do not see under the name that the rules first gave it, or under one that hosts refuse; or not at all,
 * because a rule is about resources and its URI could be read as another one.
 */
export interface MergeNote {
  readonly backend: string;
  readonly original: string;
  readonly name: string;
  readonly outcome: 'shadowed' | 'renamed' | 'shortened' | 'long' | 'not_plain';
}

export interface Merged {
  /** No two have one name. */
  readonly listed: readonly Listed[];
  readonly notes: readonly MergeNote[];
}

interface Candidate extends Listed {
  /** Before it was shortened. */
  readonly whole: string;
  /** The name under the backend's prefix, for when the plain one is taken. */
  readonly prefixed: string;
}

/** Overrides and conflict resolution of tools, in the order of the backends. What is hidden is not among them. */
export const mergeTools = (sets: readonly NamedSet[], aggregation: Aggregation): Merged =>
  merge(sets, aggregation, {
    rulesOf: (backend) => aggregation.tools.find(({ workload }) => workload === backend),
    plain: plainName,
  });

/** Prompts follow the same conflict resolution; overrides are about tools. */
export const mergePrompts = (sets: readonly NamedSet[], aggregation: Aggregation): Merged =>
  merge(sets, aggregation, { rulesOf: () => undefined, plain: (name) => name });

interface Naming {
  readonly rulesOf: (backend: string) => WorkloadTools | undefined;
  /** What clients take, for what a backend calls it. */
  readonly plain: (original: string) => string;
}

function merge(sets: readonly NamedSet[], aggregation: Aggregation, { rulesOf, plain }: Naming): Merged {
  const candidates = sets.flatMap((set) =>
    candidatesOf(set, aggregation, { rules: rulesOf(set.backend), plain }),
  );
  const notes: MergeNote[] = [];
  const chosen =
    aggregation.conflictResolution === 'prefix' ? candidates : resolve(candidates, aggregation, notes);
  const listed = unique(chosen, aggregation.maxNameLength, notes);
  return { listed, notes: [...notes, ...lengthNotes(listed, candidates)] };
}

function candidatesOf(
  { backend, definitions, standIn }: NamedSet,
  aggregation: Aggregation,
  { rules, plain }: { readonly rules: WorkloadTools | undefined } & Pick<Naming, 'plain'>,
): readonly Candidate[] {
  const prefix = prefixOf(aggregation, backend);
  const candidates: Candidate[] = [];
  for (const definition of definitions) {
    const original = definition['name'];
    if (typeof original !== 'string') continue;
    const override = standIn === true ? undefined : rules?.overrides.get(original);
    const own = override?.name ?? original;
    const name = override?.name ?? plain(original);
    const before = standIn === true || aggregation.conflictResolution === 'prefix' ? prefix : '';
    candidates.push({
      // Conflicts are between the names that clients see.
      name: shortName(before + name, aggregation.maxNameLength),
      whole: before + own,
      prefixed: shortName(prefix + name, aggregation.maxNameLength),
      backend,
      original,
      definition: overridden(definition, override),
    });
  }
  return candidates;
}

/** Annotations are overridden one by one: those that nobody wrote are the backend's. */
function overridden(definition: JsonObject, { description, annotations }: ToolOverride = {}): JsonObject {
  if (description === undefined && annotations === undefined) return definition;
  const given = definition['annotations'];
  return {
    ...definition,
    ...(description === undefined ? {} : { description }),
    ...(annotations === undefined
      ? {}
      : { annotations: { ...(isObject(given) ? given : {}), ...annotations } }),
  };
}

/**
 * `priority`: the first backend of the order keeps the name and the others are shadowed, as configured; when none of
 * them is in the order, all get their prefix. `manual`: what the overrides left in conflict gets its prefix, so that a
 * name never means whichever backend answered first.
 */
function resolve(
  candidates: readonly Candidate[],
  aggregation: Aggregation,
  notes: MergeNote[],
): readonly Candidate[] {
  const rankOf = rankIn(aggregation);
  const owners = ownersOf(candidates);
  return candidates.flatMap((candidate) => {
    const rivals = [...(owners.get(candidate.name) ?? [])].filter((backend) => backend !== candidate.backend);
    if (rivals.length === 0) return [candidate];
    const outcome = outcomeAmong(rankOf(candidate.backend), rivals.map(rankOf));
    if (outcome === 'kept') return [candidate];
    const { backend, original, name, prefixed } = candidate;
    if (outcome === 'shadowed') {
      notes.push({ backend, original, name, outcome });
      return [];
    }
    notes.push({ backend, original, name, outcome: 'renamed' });
    return [{ ...candidate, name: prefixed }];
  });
}

/** Which backends have a name. There can be tens of thousands of names: each is looked at once. */
function ownersOf(candidates: readonly Candidate[]): ReadonlyMap<string, ReadonlySet<string>> {
  const owners = new Map<string, Set<string>>();
  for (const { name, backend } of candidates) {
    const known = owners.get(name);
    if (known === undefined) owners.set(name, new Set([backend]));
    else known.add(backend);
  }
  return owners;
}

/** Names that still meet (a prefix can spell another backend's tool) are told apart by the backend, in a stable way. */
function unique(
  candidates: readonly Candidate[],
  maxNameLength: number,
  notes: MergeNote[],
): readonly Listed[] {
  const taken = new Set<string>();
  return candidates.map(({ name, backend, original, definition }) => {
    let free = name;
    for (let count = 1; taken.has(free); count += 1)
      free = shortName(`${name}_${backend}${count === 1 ? '' : String(count)}`, maxNameLength);
    taken.add(free);
    if (free !== name) notes.push({ backend, original, name, outcome: 'renamed' });
    return {
      name: free,
      backend,
      original,
      definition: definition['name'] === free ? definition : { ...definition, name: free },
    };
  });
}

/** Names that got a short form, and those that many hosts refuse. */
function lengthNotes(listed: readonly Listed[], candidates: readonly Candidate[]): readonly MergeNote[] {
  const shortened = candidates
    .filter(({ name, whole }) => name !== whole)
    .map(({ backend, original, name }) => ({ backend, original, name, outcome: 'shortened' as const }));
  const long = listed
    .filter(({ name }) => name.length > MAX_NAME_LENGTH_OF_HOSTS)
    .map(({ backend, original, name }) => ({ backend, original, name, outcome: 'long' as const }));
  return [...shortened, ...long];
}
