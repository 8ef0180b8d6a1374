import { SECOND_MS } from '@gatehouse/kernel/durations';
import { EVERYTHING, type ShownLists } from '../authorization/shown-lists.js';
import type { FeedListener } from '../backends/feed.client.js';
import type { Catalog } from '../catalog/catalog.flow.js';
import { KINDS, type Kind } from '../catalog/definitions.js';
import { listedFor } from '../catalog/listed-for.js';
import type { Scope } from '../catalog/scope.js';
import type { View } from '../catalog/view.js';
import { ANONYMOUS, backendKey, type Principal } from '../incoming-auth/principal.js';
import { NOTHING_DECLARED, type Declared } from '../mcp/client-capabilities.js';
import {
  LIST_KINDS,
  MAX_URI_BYTES,
  resourcesOf,
  tellUpdated,
  UPDATED,
  type ChangeListener,
  type Feed,
  type FeedUser,
  type ListKind,
  type SharedFeed,
  type WatchedResource,
} from './shared-feed.js';

export interface Watching {
  setResources(resources: readonly WatchedResource[]): void;
  /** The client listens no more. */
  stop(): void;
}

export type MakeFeed = (backend: string, principal: () => Principal, listener: FeedListener) => Feed;

/** What a principal with listeners was last shown at one endpoint: by tokens that are shown the same (`listedFor`). */
interface Watched extends FeedUser {
  /** As of the newest listener: its token is the one that is still valid. */
  principal: Principal;
  readonly declared: Declared;
  readonly listeners: Map<ChangeListener, readonly WatchedResource[]>;
  /** Keys. */
  feeds: readonly string[];
  /** Digests; `undefined`: its lists are on their way for the first time. */
  shown: Readonly<Record<ListKind, string>> | undefined;
  /** By backend: looks in a row after which something was still on its way. */
  readonly looksInVain: Map<string, number>;
}

/** A backend that says all the time that its lists have changed is asked no more often than this. */
const LOOK_AGAIN_AFTER_MS = 2 * SECOND_MS;
/** How long feeds stay open for a client that may come back. */
const LINGER_MS = 2 * SECOND_MS;
/** Many look within this time, not at once: their lists would take the places of calls. */
const LOOK_WITHIN_MS = 5 * SECOND_MS;
const MANY = 4;
/** What failed, or changed while it was looked at, is looked at again so often. */
const MOST_LOOKS_IN_VAIN = 5;
/** A line break stands in neither half. */
const keyOf = ({ scope, declared }: Pick<Watched, 'scope' | 'declared'>): string =>
  `${scope.place}\n${declared.key}`;
/** Servers say one thing three times, for tools, prompts and resources. */
const GATHER_MS = 50;

/**
 * Tells clients that listen when what they can list is no longer what they were shown: whether a backend said so, an
 * account was connected or lost, or a look at the lists showed it. Lists that are the same are not announced.
 */
export class ChangeWatch {
  /** By whom lists are the same for, then by place and what the clients declare. */
  readonly #watched = new Map<string, Map<string, Watched>>();
  readonly #feeds = new Map<string, SharedFeed<Watched>>();

  constructor(
    private readonly catalog: Pick<Catalog, 'current' | 'known' | 'outdate' | 'isSettled'>,
    private readonly isPerUser: (backend: string) => boolean,
    private readonly makeFeed: MakeFeed,
    private readonly shown: ShownLists = EVERYTHING,
    private readonly nowMs: () => number = Date.now,
  ) {}

  watch(
    principal: Principal,
    scope: Scope,
    listener: ChangeListener,
    declared: Declared = NOTHING_DECLARED,
  ): Watching {
    const watched =
      this.#watched.get(listedFor(principal))?.get(keyOf({ scope, declared })) ??
      this.#begin(principal, scope, declared);
    watched.principal = principal;
    watched.listeners.set(listener, []);
    return {
      setResources: (resources) => {
        const before = watched.listeners.get(listener);
        if (before === undefined) return;
        watched.listeners.set(listener, resources);
        this.#wantResources(watched, [...before, ...resources]);
      },
      stop: () => {
        const before = watched.listeners.get(listener) ?? [];
        watched.listeners.delete(listener);
        this.#wantResources(watched, before);
        // A client that comes back at once, or again and again, costs the backends nothing.
        setTimeout(() => {
          if (watched.listeners.size === 0) this.#end(watched);
        }, LINGER_MS).unref();
      },
    };
  }

  /** A backend said, in the course of a call, that lists of its have changed. */
  backendChanged(principal: Principal, backend: string): void {
    this.catalog.outdate(backend, principal);
    const feed = this.#feeds.get(this.#feedKey(principal, backend));
    if (feed !== undefined) this.#lookSoon(feed, true);
  }

  /** The lists of these have been declared out of date, and their credentials may be others now. */
  look(matches: (principal: Principal, backend: string) => boolean): void {
    for (const watched of this.#all()) {
      const concerned = watched.scope.backends.filter((backend) => matches(watched.principal, backend));
      if (concerned.length > 0) this.#lookAnew(watched, concerned);
    }
  }

  /** This replica may have missed anything. */
  lookAtAll(): void {
    for (const watched of this.#all())
      this.#later(watched, Math.random() * LOOK_WITHIN_MS, () =>
        this.#lookAnew(watched, watched.scope.backends),
      );
  }

  /**
   * There are other backends now, or they are shown otherwise: what clients listen to is opened and closed accordingly, and they
   * hear of lists that are others. @param kept backends that are as they were
   */
  exchange(kept: ReadonlySet<string>): void {
    const all = [...this.#all()];
    // Several may share a feed, which ends when the last of them lets go.
    for (const watched of all) this.#letGoOfOthers(watched, kept);
    for (const watched of all) {
      const held = new Set(watched.feeds.map((key) => this.#feeds.get(key)?.backend));
      for (const backend of watched.scope.backends) {
        if (held.has(backend)) continue;
        const key = this.#feedKey(watched.principal, backend);
        this.#hold(key, backend, watched);
        watched.feeds = [...watched.feeds, key];
      }
      this.#askSoon(watched, watched.scope.backends, all.length);
    }
  }

  #letGoOfOthers(watched: Watched, kept: ReadonlySet<string>): void {
    watched.feeds = watched.feeds.filter((key) => {
      const backend = this.#feeds.get(key)?.backend ?? '';
      const stays = kept.has(backend) && watched.scope.backends.includes(backend);
      if (!stays) this.#letGo(key, watched);
      return stays;
    });
  }

  /** Their sign-ins are over: nothing is listened to in their names any more. */
  forget(matches: (principal: Principal) => boolean): void {
    for (const watched of [...this.#all()]) if (matches(watched.principal)) this.#end(watched);
  }

  /** Somebody looked at a principal's lists. */
  listed(principal: Principal): void {
    for (const watched of this.#watched.get(listedFor(principal))?.values() ?? [])
      if (watched.shown !== undefined)
        this.#compare(watched, this.catalog.known(principal, watched.scope, watched.declared));
  }

  *#all(): Iterable<Watched> {
    for (const places of this.#watched.values()) yield* places.values();
  }

  #lookAnew(watched: Watched, backends: readonly string[]): void {
    for (const backend of backends)
      if (this.isPerUser(backend)) this.#feeds.get(this.#feedKey(watched.principal, backend))?.feed.renew();
    this.#ask(watched, backends);
  }

  #isWatched(watched: Watched): boolean {
    return this.#watched.get(listedFor(watched.principal))?.get(keyOf(watched)) === watched;
  }

  #begin(principal: Principal, scope: Scope, declared: Declared): Watched {
    const feeds = scope.backends.map((backend) => this.#feedKey(principal, backend));
    const watched: Watched = {
      principal,
      scope,
      declared,
      listeners: new Map(),
      feeds,
      shown: undefined,
      looksInVain: new Map(),
    };
    const whose = listedFor(principal);
    const places = this.#watched.get(whose) ?? new Map<string, Watched>();
    this.#watched.set(whose, places.set(keyOf(watched), watched));
    this.#ask(watched, scope.backends);
    for (const [index, backend] of scope.backends.entries()) this.#hold(feeds[index] ?? '', backend, watched);
    return watched;
  }

  #end(watched: Watched): void {
    if (!this.#isWatched(watched)) return;
    const whose = listedFor(watched.principal);
    const places = this.#watched.get(whose);
    places?.delete(keyOf(watched));
    if (places?.size === 0) this.#watched.delete(whose);
    for (const key of watched.feeds) this.#letGo(key, watched);
  }

  #letGo(key: string, watched: Watched): void {
    const held = this.#feeds.get(key);
    if (held?.users.delete(watched) !== true) return;
    if (held.users.size > 0) held.feed.setResources(resourcesOf(held));
    else {
      this.#feeds.delete(key);
      held.feed.close();
    }
  }

  /** What a backend lists alike for everybody is heard of once. */
  #hold(key: string, backend: string, watched: Watched): void {
    const known = this.#feeds.get(key);
    if (known !== undefined) {
      known.users.add(watched);
      return;
    }
    const users = new Set([watched]);
    // The newest of those who share it: tokens of the others may have ended.
    const newest = (): Principal => [...users].at(-1)?.principal ?? watched.principal;
    let hasOpened = false;
    const missed = (): void => {
      // Its backend may have been started again, with other lists. What it had when the feed opened first was listed a moment ago.
      this.#lookSoon(held, hasOpened);
      hasOpened = true;
    };
    const feed = this.makeFeed(backend, this.isPerUser(backend) ? newest : () => ANONYMOUS, {
      notified: (method, params) => {
        if (LIST_CHANGES.has(method)) this.#lookSoon(held, true);
        else if (method === UPDATED) tellUpdated(held, params?.member('uri')?.parsed(MAX_URI_BYTES));
      },
      missed,
    });
    const held: SharedFeed<Watched> = { backend, feed, users, looksAtMs: 0 };
    this.#feeds.set(key, held);
    void feed.run();
  }

  #wantResources(watched: Watched, concerned: readonly WatchedResource[]): void {
    for (const backend of new Set(concerned.map((one) => one.backend))) {
      const held = this.#feeds.get(this.#feedKey(watched.principal, backend));
      held?.feed.setResources(resourcesOf(held));
    }
  }

  /** Whoever asks from now on gets new lists; those who listen are asked for within a moment. */
  #lookSoon(held: SharedFeed<Watched>, mayHaveOthers: boolean): void {
    const nowMs = this.nowMs();
    // Somebody will look, and sees this as well.
    if (held.looksAtMs > nowMs) {
      if (mayHaveOthers) this.#outdate(held, true);
      return;
    }
    held.looksAtMs = Math.max(nowMs + GATHER_MS, held.looksAtMs + LOOK_AGAIN_AFTER_MS);
    this.#outdate(held, mayHaveOthers);
    setTimeout(() => {
      this.#outdate(held, mayHaveOthers);
      for (const watched of held.users) this.#askSoon(watched, [held.backend], held.users.size);
    }, held.looksAtMs - nowMs).unref();
  }

  #outdate({ backend, users }: SharedFeed<Watched>, mayHaveOthers: boolean): void {
    const [one] = users;
    const principal = this.isPerUser(backend) ? one?.principal : undefined;
    if (one !== undefined) this.catalog.outdate(backend, principal, mayHaveOthers);
  }

  #later(watched: Watched, ms: number, look: () => void): void {
    setTimeout(() => {
      if (this.#isWatched(watched)) look();
    }, ms).unref();
  }

  #askSoon(watched: Watched, backends: readonly string[], lookers: number): void {
    if (lookers <= MANY) this.#ask(watched, backends);
    else this.#later(watched, Math.random() * LOOK_WITHIN_MS, () => this.#ask(watched, backends));
  }

  /**
   * Nobody waits for it, so only those are asked that may have something new: each person has a feed of each backend, and all lists of
   * all backends for each feed that opens are more than all calls. A failure is said where lists are asked for.
   */
  #ask(watched: Watched, backends: readonly string[]): void {
    const { principal, scope, declared } = watched;
    this.catalog.current(principal, scope, declared, backends).then(
      (view) => {
        // What clients were shown first is all of it, however late a backend is.
        if (watched.shown !== undefined || backends.length >= scope.backends.length)
          this.#compare(watched, view);
        const again = backends.filter((backend) => this.#isToLookAgain(watched, backend));
        const ms = LOOK_AGAIN_AFTER_MS + Math.random() * LOOK_WITHIN_MS;
        if (again.length > 0) this.#later(watched, ms, () => this.#ask(watched, again));
      },
      () => undefined,
    );
  }

  #isToLookAgain({ principal, declared, looksInVain }: Watched, backend: string): boolean {
    const looks = looksInVain.get(backend) ?? 0;
    const isSettled = this.catalog.isSettled(principal, { backends: [backend] }, declared);
    if (isSettled) looksInVain.delete(backend);
    else looksInVain.set(backend, looks + 1);
    return !isSettled && looks < MOST_LOOKS_IN_VAIN;
  }

  #compare(watched: Watched, view: View): void {
    const settling = this.shown.settle(view, KINDS, watched);
    if (settling === undefined) this.#compareSettled(watched, view);
    else void settling.then(() => this.#compareSettled(watched, view)).catch(() => undefined);
  }

  #compareSettled(watched: Watched, view: View): void {
    const before = watched.shown;
    const digest = (kind: Kind): string => this.shown.digest(view, kind, watched);
    // Their texts may be large, and are kept elsewhere.
    const shown = {
      tools: digest('tools'),
      prompts: digest('prompts'),
      resources: digest('resources') + digest('resourceTemplates'),
    };
    watched.shown = shown;
    if (before === undefined) return;
    for (const kind of LIST_KINDS)
      if (before[kind] !== shown[kind])
        for (const listener of watched.listeners.keys()) listener.changed(kind);
  }

  #feedKey(principal: Principal, backend: string): string {
    return backendKey(this.isPerUser(backend) ? principal : ANONYMOUS, backend);
  }
}

const LIST_CHANGES: ReadonlySet<string> = new Set(
  LIST_KINDS.map((kind) => `notifications/${kind}/list_changed`),
);
