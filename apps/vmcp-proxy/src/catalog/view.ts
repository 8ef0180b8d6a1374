import { sha256 } from '@gatehouse/kernel/digest';
import { prefixOf, type Aggregation } from '@gatehouse/config/model/aggregation';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { mayBeUnder } from '@gatehouse/kernel/short-name';
import type { JsonObject } from '../mcp/message.js';
import type { TaskPlace } from '../tasks/task-id.js';
import { KINDS, LISTING, type BackendLists, type Kind } from './definitions.js';
import type { BackendInstructions } from './joined-instructions.js';
import { mergePrompts, mergeTools, type Listed, type MergeNote } from './merge.js';
import {
  fixedLength,
  matchesTemplate,
  mergeResources,
  unqualified,
  type ListedResource,
} from './merge-resources.js';
import { isTrouble } from './not-run.js';
import { namePages, type Page } from './pages.js';
import { isPlain, isPlainTemplate } from './plain-uri.js';
import { standIn } from './stand-in.js';
import type { Visibility } from './visibility.js';

/** Of a URI, for the log. */
const MAX_NOTED_CHARACTERS = 256;

/** What is known of one backend for one principal. */
export interface Snapshot {
  readonly backend: string;
  /** The newest lists there are; older ones when it cannot be asked now. */
  readonly lists: BackendLists | undefined;
  /** Why it could not be asked. */
  readonly failure: GatehouseError | undefined;
}

export interface Route {
  readonly backend: string;
  readonly original: string;
  readonly definition?: JsonObject;
  /** The name stands for a backend that could not be listed: calling it tells why. */
  readonly standsIn?: true;
  /** It leads to this task; `original` is the backend's id of it, and `definition` that of its tool. */
  readonly task?: TaskPlace;
}

/** Which backends of the view have sent a URI to the principal. */
export type SendersOf = (uri: string) => readonly string[];

const NOBODY: SendersOf = () => [];

/** One entry of a list. */
export interface Entry {
  readonly backend: string;
  /** As the backend knows it. */
  readonly original: string;
  /** As clients see it. */
  readonly definition: JsonObject;
  readonly standsIn?: true;
}

/** Everything that one principal can see, and where each name leads. All who see the same share it. */
export class View {
  readonly notes: readonly MergeNote[];
  /** Of backends of which something is shown. */
  readonly instructions: readonly BackendInstructions[];
  /** About what it takes: its lists, once more. */
  readonly bytes: number;
  readonly #listed: Readonly<Record<Kind, readonly Entry[]>>;
  readonly #tools: ReadonlyMap<string, Route>;
  readonly #prompts: ReadonlyMap<string, Route>;
  readonly #resources: ReadonlyMap<string, ListedResource>;
  readonly #templates: readonly ListedResource[];
  readonly #pages: ReadonlyMap<string, Page>;
  readonly #texts = new Map<Kind, string>();
  readonly #digests = new Map<Kind, string>();

  constructor(
    private readonly snapshots: readonly Snapshot[],
    private readonly aggregation: Aggregation,
    private readonly visibility: Visibility,
  ) {
    const tools = mergeTools(
      snapshots.map((snapshot) =>
        snapshot.lists === undefined
          ? { backend: snapshot.backend, definitions: this.#standIns(snapshot), standIn: true }
          : { backend: snapshot.backend, definitions: this.#shown(snapshot, 'tools') },
      ),
      aggregation,
    );
    const prompts = mergePrompts(
      snapshots.map((snapshot) => ({
        backend: snapshot.backend,
        definitions: this.#shown(snapshot, 'prompts'),
      })),
      aggregation,
    );
    const merged = mergeResources(
      snapshots.map((snapshot) => ({
        backend: snapshot.backend,
        resources: this.#shown(snapshot, 'resources'),
        resourceTemplates: this.#shown(snapshot, 'resourceTemplates'),
      })),
      aggregation,
    );
    this.bytes = snapshots.reduce((sum, { lists }) => sum + (lists?.bytes ?? 0), 0);
    this.instructions = snapshots.flatMap((snapshot) => {
      const { backend, lists } = snapshot;
      const instructions = lists?.about?.instructions;
      const isShown = KINDS.some((kind) => this.#shown(snapshot, kind).length > 0);
      return instructions === undefined || !isShown ? [] : [{ backend, instructions }];
    });
    this.notes = [...this.#notPlain(), ...tools.notes, ...prompts.notes, ...merged.notes];
    const unlisted = new Set(
      snapshots.filter(({ lists }) => lists === undefined).map(({ backend }) => backend),
    );
    const { definitions, pages } = namePages(tools.listed, merged.resources);
    this.#pages = pages;
    this.#tools = new Map(tools.listed.map((listed) => [listed.name, routeOf(listed, unlisted)]));
    this.#prompts = new Map(prompts.listed.map((listed) => [listed.name, routeOf(listed, unlisted)]));
    this.#resources = new Map(merged.resources.map((resource) => [resource.uri, resource]));
    this.#templates = [...merged.resourceTemplates].sort((a, b) => fixedLength(b.uri) - fixedLength(a.uri));
    this.#listed = {
      tools: tools.listed.map((listed, index) => ({
        ...listed,
        definition: definitions[index] ?? listed.definition,
        ...(unlisted.has(listed.backend) ? { standsIn: true as const } : {}),
      })),
      prompts: prompts.listed,
      resources: merged.resources,
      resourceTemplates: merged.resourceTemplates,
    };
  }

  entries(kind: Kind): readonly Entry[] {
    return this.#listed[kind];
  }

  /** The list as JSON; written once for all who see the same. */
  text(kind: Kind): string {
    let text = this.#texts.get(kind);
    if (text === undefined) {
      text = JSON.stringify(this.#listed[kind].map(({ definition }) => definition));
      this.#texts.set(kind, text);
    }
    return text;
  }

  /** Of the list. */
  digest(kind: Kind): string {
    const digest = this.#digests.get(kind) ?? sha256(this.text(kind));
    this.#digests.set(kind, digest);
    return digest;
  }

  tool(name: string): Route | undefined {
    return this.#tools.get(name);
  }

  /** A tool by its backend's own name, listed or not: its tasks outlive a list. `undefined`: nothing of that name is shown here. */
  toolOf(backend: string, original: string): Route | undefined {
    const isHere = this.snapshots.some((snapshot) => snapshot.backend === backend);
    if (!isHere || !this.visibility.shows('tools', backend, original)) return undefined;
    for (const route of this.#tools.values())
      if (route.backend === backend && route.original === original && route.standsIn !== true) return route;
    return { backend, original };
  }

  prompt(name: string): Route | undefined {
    return this.#prompts.get(name);
  }

  /**
   * A URI that is listed, that a backend has sent, that a template fits, or that names its backend; then the only backend with
   * resources. A URI that more than one backend may mean leads nowhere: the wrong one must not learn of it.
   */
  resource(uri: string, sendersOf: SendersOf = NOBODY): Route | undefined {
    const listed = this.#resources.get(uri);
    if (listed !== undefined) return listed;
    const route = this.#unlistedResource(uri, sendersOf(uri));
    // It is not in the lists, where what is hidden was left out.
    return route !== undefined && this.visibility.shows('resources', route.backend, route.original)
      ? route
      : undefined;
  }

  /** Backends that a URI without a route may be meant for: with its name before the URI, each of them can be asked. */
  mayMean(uri: string, sendersOf: SendersOf = NOBODY): readonly string[] {
    const senders = this.#ownersOf(uri, sendersOf(uri)).map(({ backend }) => backend);
    if (senders.length > 0) return senders.length === 1 ? [] : senders;
    const backends = this.#withResources().map(({ backend }) => backend);
    return backends.length > 1 || this.#hasUnlisted ? backends : [];
  }

  /** Of some backend nobody has seen the resources. */
  get #hasUnlisted(): boolean {
    return this.snapshots.some(({ lists }) => lists === undefined);
  }

  #unlistedResource(uri: string, senders: readonly string[]): Route | undefined {
    const [owner, ...rivals] = this.#ownersOf(uri, senders);
    if (owner !== undefined) return rivals.length === 0 ? owner : undefined;
    // With a backend whose resources nobody has seen, "the only one" would be a guess.
    if (this.#hasUnlisted) return undefined;
    const [only, ...others] = this.#withResources();
    return only !== undefined && others.length === 0 ? { backend: only.backend, original: uri } : undefined;
  }

  /** One for each backend that has a claim to the URI. */
  #ownersOf(uri: string, senders: readonly string[]): readonly Route[] {
    const named = this.#byTemplate(uri) ?? this.#byItsBackend(uri);
    const page = this.#pages.get(uri);
    const owners = new Map<string, Route>();
    for (const backend of senders) owners.set(backend, { backend, original: uri });
    for (const route of [named, page]) if (route !== undefined) owners.set(route.backend, route);
    return [...owners.values()];
  }

  #byTemplate(uri: string): Route | undefined {
    const template = this.#templates.find((candidate) => matchesTemplate(candidate.uri, uri));
    if (template === undefined) return undefined;
    const { backend } = template;
    let original = uri;
    for (
      let moved = template.uri;
      moved !== template.original;
      moved = unqualified(backend, moved) ?? template.original
    )
      original = unqualified(backend, original) ?? original;
    return { backend, original };
  }

  #byItsBackend(uri: string): Route | undefined {
    for (const { backend } of this.snapshots) {
      const original = unqualified(backend, uri);
      if (original !== undefined) return { backend, original };
    }
    return undefined;
  }

  #withResources(): readonly Snapshot[] {
    return this.snapshots.filter(
      (snapshot) =>
        this.#shown(snapshot, 'resources').length + this.#shown(snapshot, 'resourceTemplates').length > 0,
    );
  }

  template(uriTemplate: string): Route | undefined {
    return this.#templates.find(({ uri }) => uri === uriTemplate);
  }

  /**
   * A backend that could not be listed now and whose prefix the name has, or that is the only one: its tools are not gone,
   * only unknown.
   */
  mayBelongTo(name: string): string | undefined {
    return this.snapshots.find(({ backend, lists, failure }) => {
      const prefix = prefixOf(this.aggregation, backend);
      const isTold = prefix !== '' || this.snapshots.length === 1;
      return lists === undefined && failure !== undefined && isTold && mayBeUnder(prefix, name);
    })?.backend;
  }

  /**
   * Backends that may have got a name since they were listed. Prefixes tell, where every name has one; a plain name, and a
   * URI, can be that of any backend.
   */
  mayHaveGot(name: string, kind: 'name' | 'uri'): readonly string[] {
    const isPlain = kind === 'uri' || this.aggregation.conflictResolution !== 'prefix';
    return this.snapshots
      .map(({ backend }) => backend)
      .filter((backend) => isPlain || mayBeUnder(prefixOf(this.aggregation, backend), name));
  }

  /** Resources that are hidden only because nobody can tell what their URIs name. */
  #notPlain(): readonly MergeNote[] {
    return this.snapshots.flatMap(({ backend, lists }) =>
      (['resources', 'resourceTemplates'] as const).flatMap((kind) =>
        (lists?.[kind] ?? []).flatMap(({ [LISTING[kind].identifiedBy]: uri }) => {
          if (typeof uri !== 'string' || this.visibility.shows(kind, backend, uri)) return [];
          if (kind === 'resources' ? isPlain(uri) : isPlainTemplate(uri)) return [];
          const original = uri.slice(0, MAX_NOTED_CHARACTERS);
          return [{ backend, original, name: original, outcome: 'not_plain' as const }];
        }),
      ),
    );
  }

  /** What a backend lists of a kind, without what is hidden. */
  #shown({ backend, lists }: Snapshot, kind: Kind): readonly JsonObject[] {
    const { identifiedBy } = LISTING[kind];
    return (lists?.[kind] ?? []).filter(({ [identifiedBy]: original }) =>
      typeof original === 'string' ? this.visibility.shows(kind, backend, original) : false,
    );
  }

  #standIns({ backend, failure }: Snapshot): readonly JsonObject[] {
    // Nothing that a client does brings these tools to it. A call of one says why.
    if (failure === undefined || !isTrouble(failure)) return [];
    return this.visibility.hasTools(backend) ? [standIn(backend, failure)] : [];
  }
}

const routeOf = ({ backend, original, definition }: Listed, unlisted: ReadonlySet<string>): Route =>
  unlisted.has(backend)
    ? { backend, original, definition, standsIn: true }
    : { backend, original, definition };
