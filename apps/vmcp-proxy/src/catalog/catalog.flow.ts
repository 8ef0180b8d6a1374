import type { ProxyBackend } from '@gatehouse/config/parts';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { SingleFlight, type Flight } from '@gatehouse/kernel/single-flight';
import { CircuitOpen } from '../backends/circuit-open.js';
import type { Principal } from '../incoming-auth/principal.js';
import type { Declared } from '../mcp/client-capabilities.js';
import { needsUser } from '../outgoing-auth/strategy.js';
import { contentKey } from './content-key.js';
import type { BackendLists } from './definitions.js';
import { LastLists } from './last-lists.js';
import type { ListFailure, Look, Sight } from './look.js';
import { compareLists, lenderOf, takeFailure } from './lent-lists.js';
import { BackendFeatures } from './backend-features.js';
import { listAges, type ListAges } from './list-ages.js';
import { listsWithout } from './lists-without.js';
import {
  failureFor,
  hasTokenEnded,
  isOfAnotherToken,
  isSaid,
  isTrouble,
  notRun,
  standsForMs,
} from './not-run.js';
import { sayListNotes, sayNames } from './said-notes.js';
import { SaidOnce } from './said-once.js';
import type { Scope } from './scope.js';
import { SentUris } from './sent-uris.js';
import type { CatalogSurroundings, ListBackend } from './catalog-surroundings.js';
import { Shelves, untilNobodyExchanges, type Entry, type Shelf } from './shelves.js';
import { View, type SendersOf, type Snapshot } from './view.js';
import { waitAtMost } from './wait-at-most.flow.js';

const FRESH_FOR_MS = 30 * SECOND_MS;
/** A slow backend must not hold up the others' lists for longer, nor more than once. */
const WAIT_AT_MOST_MS = 5 * SECOND_MS;
/** Where there are lists that were good a while ago. */
const WAIT_FOR_NEWER_MS = SECOND_MS;
const GIVE_UP_AFTER_MS = 20 * SECOND_MS;
/** What a backend says about itself changes with its releases. */
const INTRODUCED_FOR_MS = 10 * MINUTE_MS;

interface Settling {
  readonly freshForMs?: number;
  readonly declared?: Declared;
}

/**
 * What each principal sees of the backends. Lists are asked for with that principal's credentials and are nobody else's; as for a
 * client that declares what the one declares that asks, unless that is known to make no difference to the backend.
 */
export class Catalog {
  readonly #shelves: Shelves;
  readonly #lastOfAll = new LastLists();
  readonly features = new BackendFeatures();
  readonly #listing = new SingleFlight<Entry, void>();
  readonly #log: CatalogSurroundings['log'];
  readonly #said: SaidOnce;
  readonly #lookedUp: (found: boolean) => void;
  readonly #altered: NonNullable<CatalogSurroundings['altered']>;
  readonly #listed: NonNullable<CatalogSurroundings['listed']>;
  readonly #nowMs: () => number;
  readonly #sent: Pick<SentUris, 'sendersOf'>;

  constructor(
    backends: readonly Pick<ProxyBackend, 'name'>[],
    private readonly list: ListBackend,
    private readonly isPerUser: (backend: string) => boolean,
    {
      log,
      lookedUp = ignored,
      altered = ignored,
      listed = ignored,
      sent = new SentUris(),
      nowMs = Date.now,
      mostBytes,
    }: CatalogSurroundings,
  ) {
    this.#log = log;
    this.#said = new SaidOnce(log, nowMs);
    this.#altered = altered;
    this.#listed = listed;
    this.#lookedUp = lookedUp;
    this.#nowMs = nowMs;
    this.#sent = sent;
    this.#shelves = new Shelves(
      backends.map(({ name }) => name),
      nowMs,
      mostBytes,
    );
  }

  /**
   * What the principal sees in the scope, no older than thirty seconds where the backends answer. A backend that does not
   * delays it once: until it answers, nobody waits for it again.
   * @param asked those of the scope whose lists have to be as new; others are shown as they are known.
   */
  async current(
    principal: Principal,
    scope: Scope,
    declared?: Declared,
    asked: readonly string[] = scope.backends,
  ): Promise<View> {
    const shelf = this.#shelves.of(principal, declared);
    const look: Look = { shelf, principal, freshForMs: FRESH_FOR_MS };
    const stale = (): readonly Entry[] =>
      shelf.entries.filter((entry) => asked.includes(entry.backend) && this.#isStale(entry, look));
    this.#lookedUp(stale().length === 0);
    await untilNobodyExchanges(shelf, async () => {
      await Promise.all(stale().map((entry) => this.#atMost(shelf, entry, this.#refresh(look, entry))));
    });
    return this.#viewOf(look, scope);
  }

  /**
   * What the principal sees once some backends have answered or failed: for a call, which may take its time, and for which a
   * slow backend is still better than none.
   * @param backends the only ones that matter. Of several, nobody waits for one that has kept somebody waiting.
   * @param freshForMs lists that are older are asked for again.
   */
  async settled(
    principal: Principal,
    scope: Scope,
    backends: readonly string[],
    { freshForMs = FRESH_FOR_MS, declared }: Settling = {},
  ): Promise<View> {
    const shelf = this.#shelves.of(principal, declared);
    const look: Look = { shelf, principal, freshForMs };
    await untilNobodyExchanges(shelf, async () => {
      const looks = shelf.entries
        .filter((entry) => backends.includes(entry.backend) && this.#isStale(entry, look))
        .map((entry) => ({ isLate: entry.isLate, done: this.#refresh(look, entry) }));
      await Promise.all(
        looks.filter(({ isLate }) => backends.length === 1 || !isLate).map(({ done }) => done),
      );
    });
    return this.#viewOf(look, scope);
  }

  /** What is known of the principal's view without asking anybody: enough to route a call of a name that it has. */
  known(principal: Principal, scope: Scope, declared?: Declared): View {
    return this.#viewOf({ shelf: this.#shelves.of(principal, declared), principal }, scope);
  }

  /** The backends of the scope that have sent a URI to the principal. */
  sendersOf(principal: Principal, { backends }: Pick<Scope, 'backends'>): SendersOf {
    return (uri) => this.#sent.sendersOf(principal, backends, uri);
  }

  /** Why the backend could not be asked on behalf of this very principal, as far as is known. */
  failureOf(principal: Principal, backend: string, declared?: Declared): GatehouseError | undefined {
    const shelf = this.#shelves.of(principal, declared);
    const entry = shelf.entries.find((one) => one.backend === backend);
    return entry === undefined ? undefined : this.#snapshotOf({ shelf, principal }, entry).failure;
  }

  /** Backends of the scope that could not be listed for the principal, as far as is known, for another reason than that it has to do something. */
  failuresOf(
    principal: Principal,
    { backends }: Pick<Scope, 'backends'>,
    declared?: Declared,
  ): readonly ListFailure[] {
    const shelf = this.#shelves.of(principal, declared);
    return shelf.entries.flatMap((entry) => {
      const { backend, lists, failure } = this.#snapshotOf({ shelf, principal }, entry);
      const hasFailed = failure !== undefined && !needsUser(failure) && backends.includes(backend);
      return hasFailed ? [{ backend, why: failure, hasTools: lists !== undefined }] : [];
    });
  }

  /** For operators: how old the lists of a backend are, over all principals. */
  agesOf(backend: string): ListAges {
    return listAges(
      [...this.#shelves.all()].flatMap(({ entries }) => entries.filter((entry) => entry.backend === backend)),
      this.#nowMs(),
    );
  }

  /**
   * A backend says that it has something new. What is being listed is kept, since it is newer than what there is, and asked for
   * once more. @param principal left out: for everybody. @param mayHaveOthers it may have lists that it did not have before.
   */
  outdate(backend: string, principal?: Principal, mayHaveOthers = true): void {
    const shelves = principal === undefined ? this.#shelves.all() : this.#shelves.peek(principal);
    for (const { entries, rack } of shelves)
      for (const entry of entries)
        if (entry.backend === backend) {
          entry.askedAtMs = 0;
          entry.news += 1;
          if (mayHaveOthers) entry.introducedAtMs = Number.NEGATIVE_INFINITY;
          // What is new may be for some clients only.
          rack.alike.forget(backend);
        }
  }

  /** Whether everything in the scope is as its backend said it last. */
  isSettled(principal: Principal, { backends }: Pick<Scope, 'backends'>, declared?: Declared): boolean {
    return this.#shelves
      .of(principal, declared)
      .entries.every((entry) => !backends.includes(entry.backend) || isSaid(entry, principal));
  }

  /** Lists that match are asked for again before they are shown. Until then they still route calls. */
  expire(matches: (principal: Principal, backend: string) => boolean): void {
    for (const { principal, entries, rack } of this.#shelves.all())
      for (const entry of entries)
        if (matches(principal, entry.backend)) {
          entry.askedAtMs = 0;
          entry.introducedAtMs = Number.NEGATIVE_INFINITY;
          entry.isLate = false;
          rack.alike.forget(entry.backend);
          this.#listing.drop([entry]);
        }
  }

  /** There are other backends now, or they are shown otherwise. @param kept those of which what was listed stays. */
  exchange(backends: readonly Pick<ProxyBackend, 'name'>[], kept: ReadonlySet<string>): void {
    const gone = this.#shelves.exchange(
      backends.map(({ name }) => name),
      kept,
    );
    this.#listing.drop(gone);
    this.#lastOfAll.keepOnly(kept);
    for (const { backend } of gone) this.features.forget(backend);
  }

  /** Forgets everything that was listed for a principal. */
  forget(matches: (principal: Principal) => boolean): void {
    this.#shelves.forget(matches);
  }

  /** What is kept of lists, for all principals together. */
  get keptBytes(): number {
    return this.#shelves.bytes;
  }

  #isStale(entry: Entry, { principal, freshForMs }: Omit<Look, 'shelf'>): boolean {
    return this.#nowMs() - entry.askedAtMs >= standsForMs(entry, principal, freshForMs);
  }

  async #refresh(look: Look, entry: Entry): Promise<void> {
    await this.#join(look, entry);
    // What it has waited for may have been a look with another token, which had ended. Once: others may come with such tokens all the time.
    if (isOfAnotherToken(entry, look.principal)) await this.#join(look, entry);
  }

  async #join(look: Look, entry: Entry): Promise<void> {
    await this.#listing.run(entry, async (flight) => {
      const isLent = this.#borrow(look, entry) || this.#borrowFailure(look, entry);
      if (!isLent) await this.#ask(look, entry, flight);
    });
  }

  /** Takes what the backend has just listed for other clients of the principal, where that is all the same to it. */
  #borrow(look: Look, entry: Entry): boolean {
    const { shelf, principal } = look;
    const lender = lenderOf(shelf, entry, (one) => !this.#isStale(one, look), this.#nowMs());
    if (lender?.lists === undefined) return false;
    this.#keep(shelf, entry, lender.lists);
    entry.isLent = true;
    entry.askedAtMs = lender.askedAtMs;
    entry.listedAtMs = lender.listedAtMs;
    shelf.version += 1;
    if (!shelf.isDropped) this.#listed(principal);
    return true;
  }

  #borrowFailure(look: Look, entry: Entry): boolean {
    const { shelf, principal } = look;
    const isTaken = takeFailure(shelf, entry, (one) => one.askedAtMs > 0 && !this.#isStale(one, look));
    if (isTaken && !shelf.isDropped) this.#listed(principal);
    return isTaken;
  }

  async #ask({ shelf, principal, freshForMs }: Look, entry: Entry, flight: Flight): Promise<void> {
    const { backend, news } = entry;
    const anyLook = { principal, freshForMs: FRESH_FOR_MS };
    const askedAtMs = this.#nowMs();
    // Whoever looks for a new name looks for a new list, too. What it has not is not asked for in between.
    const isRecent = askedAtMs - entry.introducedAtMs < INTRODUCED_FOR_MS && freshForMs >= FRESH_FOR_MS;
    try {
      const listed = await this.list(backend, principal, askedAtMs + GIVE_UP_AFTER_MS, shelf.declared, {
        about: entry.lists?.about,
        isRecent,
        without: isRecent ? listsWithout(entry.lists) : [],
      });
      if (flight.isDropped) return;
      if (!isRecent && entry.news === news && listed.missing === undefined) entry.introducedAtMs = askedAtMs;
      if (listed.about !== undefined) this.features.note(backend, listed.about);
      sayListNotes(this.#said, backend, listed.notes);
      for (const altered of listed.altered) this.#altered(backend, altered);
      entry.isLent = false;
      this.#keep(shelf, entry, listed);
      if (entry.failure === undefined && entry.news === news)
        compareLists(shelf, entry, (one) => !this.#isStale(one, anyLook), this.#nowMs());
    } catch (error) {
      if (flight.isDropped) return;
      entry.failure = notRun(error);
      // That it is left alone says nothing new of it, nor does a token that has ended.
      if (!(error instanceof CircuitOpen || hasTokenEnded(entry)))
        entry.isLate = this.#nowMs() - askedAtMs >= WAIT_FOR_NEWER_MS;
      if (isTrouble(entry.failure)) this.#log.failure('backend-not-listed', error, { backend });
    }
    entry.askedAtMs = entry.news === news ? askedAtMs : 0;
    entry.askedFor = principal;
    shelf.version += 1;
    if (!shelf.isDropped) this.#listed(principal);
  }

  #keep(shelf: Shelf, entry: Entry, lists: BackendLists): void {
    const { backend } = entry;
    const { missing } = lists;
    entry.isLate = false;
    if (missing === undefined) {
      const kept = this.#shelves.putLists(shelf, entry, lists);
      entry.listedAtMs = this.#nowMs();
      entry.failure = undefined;
      if (!this.isPerUser(backend)) this.#lastOfAll.keep(shelf, backend, kept);
      return;
    }
    const known = entry.lists ?? this.#lastOfAll.of(shelf, backend);
    // Whole lists, although older, say more than those in which one is missing.
    if (known === undefined || known.missing !== undefined) this.#shelves.putLists(shelf, entry, lists);
    entry.failure = notRun(missing);
    this.#log.failure('backend-listed-in-part', missing, { backend });
  }

  #viewOf({ shelf, principal }: Sight, { place, backends, aggregation, visibility }: Scope): View {
    const shelved = shelf.views.get(place);
    // Whose token has ended sees that, and nobody else.
    const isForEveryToken = !shelf.entries.some(hasTokenEnded);
    if (isForEveryToken && shelved?.version === shelf.version) return shelved.view;
    const snapshots = shelf.entries
      .filter(({ backend }) => backends.includes(backend))
      .map((entry) => this.#snapshotOf({ shelf, principal }, entry));
    // Something may still be on its way; it makes this old when it comes.
    return this.#shelves.putView(shelf, place, contentKey(snapshots), () => {
      const view = new View(snapshots, aggregation, visibility);
      sayNames(this.#said, view.notes);
      return view;
    });
  }

  #snapshotOf({ shelf, principal }: Sight, entry: Entry): Snapshot {
    const { backend, lists } = entry;
    const known = lists ?? this.#lastOfAll.of(shelf, backend);
    const failure = failureFor(entry, principal, known);
    // Not asked yet and not answered in time look alike to a client.
    return { backend, lists: known, failure: failure ?? (known === undefined ? NOT_YET : undefined) };
  }

  async #atMost(shelf: Shelf, entry: Entry, work: Promise<unknown>): Promise<void> {
    if (entry.isLate) return;
    const { backend, lists, askedAtMs } = entry;
    const isOutOfDate =
      lists === undefined ? this.#lastOfAll.of(shelf, backend) === undefined : askedAtMs === 0;
    const isInTime = await waitAtMost(isOutOfDate ? WAIT_AT_MOST_MS : WAIT_FOR_NEWER_MS, work);
    if (!isInTime) entry.isLate = true;
  }
}

const ignored = (): void => undefined;

const NOT_YET = new GatehouseError('backend_unavailable', 'it did not answer in time');
