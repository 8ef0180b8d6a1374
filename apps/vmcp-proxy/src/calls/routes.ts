import { prefixOf } from '@gatehouse/config/model/aggregation';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Admission, Refusal } from '../authorization/admission.flow.js';
import type { Catalog } from '../catalog/catalog.flow.js';
import type { ListFailure } from '../catalog/look.js';
import type { Route, SendersOf, View } from '../catalog/view.js';
import type { TaskIds } from '../tasks/task-ids.js';
import { refusalOf, supposedRoute } from './admitted.js';
import { declaredBy, type Call } from './call.js';
import type { CallTarget } from './call-target.js';
import { waitedFor } from './held-time.js';
import type { ComingBack, ParkedCalls } from './parked-calls.flow.js';

/** Where a call leads. */
export type Destination =
  | BackendDestination
  /** `among`: backends that a resource may be of. */
  | { readonly kind: 'unknown'; readonly among: readonly string[] }
  | { readonly kind: 'denied'; readonly route: Route; readonly refusal: Refusal }
  | Extract<ComingBack, { kind: 'refused' }>;

export type BackendDestination =
  | { readonly kind: 'route'; readonly route: Route }
  /** Its backend can be listed again, and was asked what is wrong: nothing is. */
  | { readonly kind: 'ready'; readonly backend: string }
  /** Its backend cannot be listed. */
  | { readonly kind: 'unlisted'; readonly backend: string; readonly why: GatehouseError }
  /** It is running already, and its client comes back for it. */
  | Extract<ComingBack, { kind: 'parked' }>
  /** The same at another replica, or at one that is gone. */
  | { readonly kind: 'elsewhere'; readonly backend: string; readonly replica: string };

export const backendOf = (destination: BackendDestination): string =>
  destination.kind === 'route' ? destination.route.backend : destination.backend;

/** A client may call a name that its backend got a moment ago. Names that nobody has are looked for no more often than this. */
const NEW_NAME_AFTER_MS = 2 * SECOND_MS;

const UNKNOWN: Destination = { kind: 'unknown', among: [] };

/** Finds the backend of a call in what its caller can see. */
export class Routes {
  constructor(
    private readonly catalog: Pick<
      Catalog,
      'known' | 'current' | 'settled' | 'failureOf' | 'failuresOf' | 'sendersOf'
    >,
    private readonly parkedCalls: Pick<ParkedCalls, 'comingBack'>,
    private readonly tasks: Pick<TaskIds, 'open'>,
    /** Without an admission everybody may do everything. */
    private readonly authorization: { readonly admission?: Admission | undefined },
  ) {}

  /** @returns at once when the name is in what is known of the caller's lists. */
  find(call: Call): Destination | Promise<Destination> {
    const found = this.#find(call);
    const { admission } = this.authorization;
    if (admission === undefined) return found;
    return found instanceof Promise
      ? found.then((one) => this.#admitted(call, one, admission))
      : this.#admitted(call, found, admission);
  }

  /** Whatever way led there: what a caller may not do is looked at last, and each time. */
  #admitted(call: Call, found: Destination, admission: Admission): Destination | Promise<Destination> {
    if (found.kind === 'unknown' || found.kind === 'refused' || found.kind === 'denied') return found;
    const backend = backendOf(found);
    const route =
      found.kind === 'route'
        ? found.route
        : (this.#routeOf(call, this.catalog.known(call.principal, call.scope, declaredBy(call))) ??
          supposedRoute(backend, call.target, prefixOf(call.scope.aggregation, backend)));
    // Where nothing is called nothing is counted: the name may be one that the caller made up.
    const refusal = refusalOf(admission, call, route, found.kind !== 'route');
    const destination = (why: Refusal | undefined): Destination =>
      why === undefined ? found : { kind: 'denied', route, refusal: why };
    return refusal instanceof Promise ? refusal.then(destination) : destination(refusal);
  }

  #find(call: Call): Destination | Promise<Destination> {
    if (call.target.kind === 'task') return this.#task(call);
    const back = this.parkedCalls.comingBack(call);
    if (back === undefined) return this.#byName(call);
    return back.kind === 'elsewhere' ? this.#elsewhere(call, back.replica) : back;
  }

  /** Whose id it is decides, and that its tool is still there for the caller. Whatever is wrong, there is no such task. */
  async #task(call: Call): Promise<Destination> {
    const { principal, scope, target, client, record } = call;
    const place = await this.tasks.open(target.name ?? '', principal);
    if (place === undefined || place.era !== client.era || !scope.backends.includes(place.backend))
      return UNKNOWN;
    const { backend, tool, taskId } = place;
    const declared = declaredBy(call);
    let found = this.catalog.known(principal, scope, declared).toolOf(backend, tool);
    // What the tool says of itself matters to policies.
    if (found?.definition === undefined && this.authorization.admission !== undefined) {
      const settled = this.catalog.settled(principal, scope, [backend], { declared });
      found = (await waitedFor(record?.held, settled)).toolOf(backend, tool);
    }
    return found === undefined
      ? UNKNOWN
      : { kind: 'route', route: { ...found, original: taskId, task: place } };
  }

  async #elsewhere(call: Call, replica: string): Promise<Destination> {
    const found = await this.#byName(call);
    if (found.kind === 'unknown' || found.kind === 'refused' || found.kind === 'denied') return found;
    return { kind: 'elsewhere', backend: backendOf(found), replica };
  }

  #byName(call: Call): Destination | Promise<Destination> {
    const route = this.#routeOf(call, this.catalog.known(call.principal, call.scope, declaredBy(call)));
    return route === undefined || route.standsIn === true
      ? waitedFor(call.record?.held, this.#lookUp(call, route))
      : { kind: 'route', route };
  }

  #routeOf({ target, principal, scope }: Call, view: View): Route | undefined {
    return routeOf(target, view, this.catalog.sendersOf(principal, scope));
  }

  /** A name that is not known may be new, or belong to a backend that was never listed for this caller. */
  async #lookUp(call: Call, known: Route | undefined): Promise<Destination> {
    if (known !== undefined) return await this.#listedNow(call, known);
    const { principal, scope, target } = call;
    const name = target.name ?? '';
    let view = await this.#listed(call);
    const backend = view.mayBelongTo(name);
    let found = this.#routeOf(call, view);
    if (found === undefined && backend !== undefined) found = { backend, original: '', standsIn: true };
    if (found === undefined) {
      const settling = { freshForMs: NEW_NAME_AFTER_MS, declared: declaredBy(call) };
      view = await this.catalog.settled(principal, scope, newOwners(target, view), settling);
      found = this.#routeOf(call, view);
    }
    if (found === undefined) return this.#unknown(call, view);
    return found.standsIn === true ? await this.#listedNow(call, found) : { kind: 'route', route: found };
  }

  #unknown(call: Call, view: View): Destination {
    const among = call.target.kind === 'resource' ? this.#among(call, view) : [];
    const unread =
      among.length > 0 ? undefined : unreadOwner(call, view, this.catalog, this.authorization.admission);
    return unread === undefined
      ? { kind: 'unknown', among }
      : { kind: 'unlisted', backend: unread.backend, why: unread.why };
  }

  /** Where policies hide what there is, a name that nobody has and one that is denied are answered alike. */
  #among({ principal, scope, target: { name = '' } }: Call, view: View): readonly string[] {
    return this.authorization.admission?.hides === true
      ? []
      : view.mayMean(name, this.catalog.sendersOf(principal, scope));
  }

  /** Where the prefix tells whose the name is, the lists of others do not matter, nor how long they take. */
  async #listed(call: Call): Promise<View> {
    const { principal, scope, target } = call;
    const declared = declaredBy(call);
    const owners = newOwners(target, this.catalog.known(principal, scope, declared));
    if (owners.length === 1) {
      const view = await this.catalog.settled(principal, scope, owners, { declared });
      if (this.#routeOf(call, view) !== undefined || view.mayBelongTo(target.name ?? '') !== undefined)
        return view;
    }
    return await this.catalog.current(principal, scope, declared);
  }

  /**
   * The backend of the name could not be listed when somebody last looked. What a client remembers from earlier runs as
   * soon as it can be listed again.
   */
  async #listedNow(call: Call, { backend, definition: standIn }: Route): Promise<Destination> {
    const { principal, scope } = call;
    const declared = declaredBy(call);
    const view = await this.catalog.settled(principal, scope, [backend], { declared });
    const route = this.#routeOf(call, view);
    // A tool of the same name as the stand-in is not what its caller meant: the stand-in was said only to read.
    if (standIn === undefined && route !== undefined && route.standsIn !== true)
      return { kind: 'route', route };
    const why = this.catalog.failureOf(principal, backend, declared);
    if (why !== undefined) return { kind: 'unlisted', backend, why };
    return standIn === undefined ? UNKNOWN : { kind: 'ready', backend };
  }
}

/**
 * A backend that may have the target, and whose list of such things could not be read: that nobody has it would be more than is
 * known. Where policies hide what there is, that would tell a name that nobody has from one that is denied.
 */
export function unreadOwner(
  call: Call,
  view: View,
  catalog: Pick<Catalog, 'failuresOf'>,
  admission: Pick<Admission, 'hides'> | undefined,
): ListFailure | undefined {
  const { principal, scope, target } = call;
  if (admission?.hides === true || target.kind === 'completion') return undefined;
  const owners = newOwners(target, view);
  return catalog
    .failuresOf(principal, scope, declaredBy(call))
    .find(({ backend, hasTools }) => owners.includes(backend) && !(hasTools && target.kind === 'tool'));
}

/** Backends that may have the target, although it is not in what is known of their lists. */
function newOwners(target: CallTarget, view: View): readonly string[] {
  if (target.name === undefined) return [];
  const isResource = target.kind === 'resource' || (target.kind === 'completion' && target.of === 'resource');
  return view.mayHaveGot(target.name, isResource ? 'uri' : 'name');
}

function routeOf(target: CallTarget, view: View, sendersOf: SendersOf): Route | undefined {
  const { name } = target;
  if (name === undefined) return undefined;
  switch (target.kind) {
    case 'tool':
      return view.tool(name);
    case 'prompt':
      return view.prompt(name);
    case 'resource':
      return view.resource(name, sendersOf);
    case 'task':
      return undefined;
    case 'completion':
      return target.of === 'prompt'
        ? view.prompt(name)
        : (view.template(name) ?? view.resource(name, sendersOf));
  }
}
