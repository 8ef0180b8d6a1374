import { atMost } from '@gatehouse/kernel/at-most';
import { HOUR_MS } from '@gatehouse/kernel/durations';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { LRUCache } from 'lru-cache';
import type { Principal } from '../incoming-auth/principal.js';
import { NOTHING_DECLARED, type Declared } from '../mcp/client-capabilities.js';
import { AlikeLists } from './alike-lists.js';
import type { BackendLists } from './definitions.js';
import { listedFor } from './listed-for.js';
import type { View } from './view.js';

const MAX_PRINCIPALS = 20_000;
/** A sign-in belongs to one client, which declares the same all the time; some principals are several clients. */
const MAX_SHELVES_OF_ONE = 8;
/** A person's tokens of an external issuer, as far as they may be shown other lists: some clients, each with other scopes. */
const MAX_RACKS_OF_ONE = 16;
/** JSON of lists, and of views that were made of them. Lists may differ for every user, and one can have megabytes. */
const MAX_BYTES = 268_435_456;
/** A client that comes back after a break need not wait for lists. */
const KEEP_UNUSED_MS = HOUR_MS;

/** What is known of one backend for one principal. */
export interface Entry {
  readonly backend: string;
  lists: BackendLists | undefined;
  listsKey: string | undefined;
  failure: GatehouseError | undefined;
  /** When the newest outcome was asked for; 0: it is out of date whatever its age. */
  askedAtMs: number;
  /** For whose request that was. */
  askedFor: Principal | undefined;
  /** How often its backend has said that there is something new. */
  news: number;
  /** When the lists were asked for. */
  listedAtMs: number | undefined;
  /** Somebody has waited for it in vain. Nobody waits for it until it answers. */
  isLate: boolean;
  /** The lists were given to clients that declare something else, which is all the same to the backend. */
  isLent: boolean;
  /** The failure is that of clients that declare something else: it was not asked for these. */
  isLentFailure: boolean;
  /** When the backend was asked what it says about itself. */
  introducedAtMs: number;
}

interface ShelvedView {
  readonly view: View;
  readonly key: string;
  /** Of the shelf, when it was made. */
  readonly version: number;
}

/**
 * Everything known for one principal, and for clients of it that declare the same. `listedFor` says for which tokens it is; the backend
 * is in the entry.
 */
export interface Shelf {
  readonly rack: Rack;
  /** As of the newest request. A look is made with the principal of its own request, whose token may be another. */
  principal: Principal;
  readonly declared: Declared;
  entries: readonly Entry[];
  /** How often the entries have changed. */
  version: number;
  /** Of the entries as they were when somebody looked, by the place of the scope. */
  readonly views: Map<string, ShelvedView>;
  usedAtMs: number;
  /** Whoever still waits for it gets an answer; nothing of it is kept any more. */
  isDropped: boolean;
}

/** The shelves of one principal, by what its clients declare. */
export interface Rack {
  readonly shelves: Map<string, Shelf>;
  readonly alike: AlikeLists;
  usedAtMs: number;
}

/** The shelves of the principals who came last, as far as there is room for them. */
export class Shelves {
  readonly #racks = new LRUCache<string, Rack>({
    ...atMost(MAX_PRINCIPALS),
    dispose: ({ shelves }, key) => {
      for (const shelf of shelves.values()) {
        this.#drop(shelf);
        const own = this.#keysOf.get(shelf.principal.key);
        own?.delete(key);
        if (own?.size === 0) this.#keysOf.delete(shelf.principal.key);
      }
    },
  });
  /** Of the racks of one principal: tokens of an external issuer may be shown other lists. */
  readonly #keysOf = new Map<string, Set<string>>();
  /** Equal lists, and equal views, are kept once for all principals. */
  readonly #lists = new Shared<BackendLists>();
  readonly #views = new Shared<View>();

  constructor(
    private backends: readonly string[],
    private readonly nowMs: () => number,
    private readonly mostBytes = MAX_BYTES,
  ) {}

  /** What is kept. */
  get bytes(): number {
    return this.#lists.bytes + this.#views.bytes;
  }

  /** The principal's; an empty one where nothing is known. */
  of(principal: Principal, declared: Declared = NOTHING_DECLARED): Shelf {
    const key = listedFor(principal);
    let rack = this.#racks.get(key);
    if (rack === undefined) {
      rack = { shelves: new Map(), alike: new AlikeLists(), usedAtMs: 0 };
      this.#racks.set(key, rack);
      const own = (this.#keysOf.get(principal.key) ?? new Set()).add(key);
      this.#keysOf.set(principal.key, own);
      this.#makeRoomOf(own, key);
    }
    let shelf = rack.shelves.get(declared.key);
    if (shelf === undefined) {
      shelf = emptyShelf(rack, principal, declared, this.backends);
      rack.shelves.set(declared.key, shelf);
      this.#makeRoomIn(rack, shelf);
    }
    shelf.principal = principal;
    shelf.usedAtMs = this.nowMs();
    rack.usedAtMs = shelf.usedAtMs;
    return shelf;
  }

  /** All of a principal, where something is known; it does not count as use. */
  *peek({ key }: Pick<Principal, 'key'>): Iterable<Shelf> {
    for (const own of this.#keysOf.get(key) ?? []) yield* this.#racks.peek(own)?.shelves.values() ?? [];
  }

  *all(): Iterable<Shelf> {
    for (const { shelves } of this.#racks.values()) yield* shelves.values();
  }

  forget(matches: (principal: Principal) => boolean): void {
    for (const [key, { shelves }] of [...this.#racks.entries()])
      if ([...shelves.values()].some(({ principal }) => matches(principal))) this.#racks.delete(key);
  }

  /** @returns the lists of this content that are kept. */
  putLists(shelf: Shelf, entry: Entry, lists: BackendLists): BackendLists {
    entry.lists = lists;
    if (shelf.isDropped) return lists;
    const before = entry.listsKey;
    entry.listsKey = `${entry.backend}\n${lists.digest}`;
    const kept = this.#lists.take(entry.listsKey, () => lists);
    entry.lists = kept;
    this.#lists.giveBack(before);
    this.#makeRoom();
    return kept;
  }

  /**
   * @param place of the scope.
   * @param content key of all that is in the view.
   */
  putView(shelf: Shelf, place: string, content: string, make: () => View): View {
    const { version } = shelf;
    // The same lists make another view in another scope.
    const key = `${place}\n${content}`;
    const before = shelf.views.get(place);
    if (before?.key === key) {
      shelf.views.set(place, { ...before, version });
      return before.view;
    }
    const view = shelf.isDropped ? make() : this.#views.take(key, make);
    shelf.views.set(place, { view, key, version });
    if (shelf.isDropped) return view;
    this.#views.giveBack(before?.key);
    this.#makeRoom();
    return view;
  }

  /**
   * There are other backends now, or they are shown otherwise.
   * @param kept those of which what is known stays. @returns the entries that are gone.
   */
  exchange(backends: readonly string[], kept: ReadonlySet<string>): readonly Entry[] {
    this.backends = backends;
    return [...this.all()].flatMap((shelf) => {
      const known = new Map(shelf.entries.map((entry) => [entry.backend, entry]));
      const entries = backends.map((backend) =>
        kept.has(backend) ? (known.get(backend) ?? emptyEntry(backend)) : emptyEntry(backend),
      );
      const gone = shelf.entries.filter((entry) => !entries.includes(entry));
      for (const { listsKey } of gone) this.#lists.giveBack(listsKey);
      for (const { backend } of gone) shelf.rack.alike.forget(backend);
      for (const { key } of shelf.views.values()) this.#views.giveBack(key);
      shelf.views.clear();
      shelf.entries = entries;
      shelf.version += 1;
      return gone;
    });
  }

  /** Who came last stays, whatever there is of it. */
  #makeRoom(): void {
    const nowMs = this.nowMs();
    for (let oldest = this.#oldest(); oldest !== undefined; oldest = this.#oldest()) {
      const [key, { usedAtMs }] = oldest;
      if (this.bytes <= this.mostBytes && nowMs - usedAtMs < KEEP_UNUSED_MS) return;
      this.#racks.delete(key);
    }
  }

  /** A person who comes with ever other tokens pushes out nobody else's lists. */
  #makeRoomOf(own: ReadonlySet<string>, newest: string): void {
    if (own.size <= MAX_RACKS_OF_ONE) return;
    const usedAtMs = (key: string): number => this.#racks.peek(key)?.usedAtMs ?? 0;
    const others = [...own].filter((key) => key !== newest);
    this.#racks.delete(others.reduce((one, other) => (usedAtMs(other) < usedAtMs(one) ? other : one)));
  }

  /** A principal whose clients declare ever other things pushes out nobody else's lists. */
  #makeRoomIn({ shelves }: Rack, newest: Shelf): void {
    if (shelves.size <= MAX_SHELVES_OF_ONE) return;
    const others = [...shelves.values()].filter((shelf) => shelf !== newest);
    const oldest = others.reduce((one, other) => (other.usedAtMs < one.usedAtMs ? other : one));
    shelves.delete(oldest.declared.key);
    this.#drop(oldest);
  }

  /** `undefined`: there is only one. */
  #oldest(): readonly [string, Rack] | undefined {
    const [oldest, next] = this.#racks.rkeys();
    const rack = oldest === undefined ? undefined : this.#racks.peek(oldest);
    return oldest === undefined || next === undefined || rack === undefined ? undefined : [oldest, rack];
  }

  #drop(shelf: Shelf): void {
    shelf.isDropped = true;
    for (const { listsKey } of shelf.entries) this.#lists.giveBack(listsKey);
    for (const { key } of shelf.views.values()) this.#views.giveBack(key);
  }
}

/** Whoever waited for a backend that is another one now has seen nothing of that one. */
export async function untilNobodyExchanges(shelf: Shelf, look: () => Promise<void>): Promise<void> {
  let seen: readonly Entry[] | undefined;
  while (seen !== shelf.entries && !shelf.isDropped) {
    seen = shelf.entries;
    await look();
  }
}

const emptyShelf = (
  rack: Rack,
  principal: Principal,
  declared: Declared,
  backends: readonly string[],
): Shelf => ({
  rack,
  principal,
  declared,
  entries: backends.map(emptyEntry),
  version: 0,
  views: new Map(),
  usedAtMs: 0,
  isDropped: false,
});

const emptyEntry = (backend: string): Entry => ({
  backend,
  lists: undefined,
  listsKey: undefined,
  failure: undefined,
  askedAtMs: 0,
  askedFor: undefined,
  news: 0,
  listedAtMs: undefined,
  isLate: false,
  isLent: false,
  isLentFailure: false,
  introducedAtMs: Number.NEGATIVE_INFINITY,
});

/** Things that are kept once, as long as anybody has taken them. */
class Shared<Thing extends { readonly bytes: number }> {
  readonly #taken = new Map<string, { readonly thing: Thing; takers: number }>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  take(key: string, make: () => Thing): Thing {
    const known = this.#taken.get(key);
    if (known !== undefined) {
      known.takers += 1;
      return known.thing;
    }
    const thing = make();
    this.#taken.set(key, { thing, takers: 1 });
    this.#bytes += thing.bytes;
    return thing;
  }

  giveBack(key: string | undefined): void {
    const known = key === undefined ? undefined : this.#taken.get(key);
    if (key === undefined || known === undefined) return;
    known.takers -= 1;
    if (known.takers > 0) return;
    this.#taken.delete(key);
    this.#bytes -= known.thing.bytes;
  }
}
