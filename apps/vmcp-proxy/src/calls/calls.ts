import type { ProxyBackend } from '@gatehouse/config/parts';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionId } from '@gatehouse/kernel/ids';
import { Cancellation } from '../backends/cancellation.js';
import { meansAnotherRevision } from '../backends/peer-mismatch.js';
import type { PeerRequest, Peers } from '../backends/peers.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Route } from '../catalog/view.js';
import { declined } from '../refusals/connect-prompt.js';
import { idIn, metaOf } from '../mcp/message.js';
import type { RequestStates } from '../refusals/request-state.js';
import type { AuthorizedBackend } from '../backends/authorized-backend.js';
import { needsUser } from '../outgoing-auth/strategy.js';
import type { Log } from '@gatehouse/observability/log';
import { promisable } from './backend-questions.js';
import type { Call } from './call.js';
import { deliverTo, type DeliveryDependencies } from './call-delivery.js';
import { deliverRefusal } from './deliver-refusal.js';
import { sendResult, type Failures } from './failures.js';
import { CANCELLED, SESSION_OVER, STOPPING, type InFlight } from './in-flight.js';
import { outboundRequest } from './outbound.js';
import { routeOf } from './route-call.js';

export interface CallDependencies extends DeliveryDependencies {
  readonly backends: AuthorizedBackend;
  readonly peers: Peers;
  readonly catalog: Catalog;
  readonly failures: Failures;
  readonly inFlight: InFlight;
  readonly log: Pick<Log, 'failure'>;
  readonly states: RequestStates;
  /** Called once per call that reached a backend's name. */
  readonly record: (backend: string, outcome: string, startedAtMs: number) => void;
  /** Whether the session is known to be over. */
  readonly isClosed: (tsid: SessionId) => boolean;
  /** The caller's session is over, and nothing was answered yet. */
  readonly sessionClosed: (call: Call) => void;
}

/** Calls a backend on behalf of a client: finds it, speaks its revision, gives it the right credential, passes its answer on. */
export class Calls {
  readonly #timeouts: ReadonlyMap<string, number>;

  constructor(
    private readonly to: CallDependencies,
    backends: readonly ProxyBackend[],
  ) {
    this.#timeouts = new Map(backends.map(({ name, timeoutMs }) => [name, timeoutMs]));
  }

  /** Answers the call, whatever happens. */
  async run(call: Call): Promise<void> {
    const startedAtMs = performance.now();
    const route =
      routeOf(call.target, this.to.catalog.known(call.principal)) ?? (await this.#lookAgain(call));
    if (route === undefined) {
      this.#sayUnknown(call);
      return;
    }
    let { backend } = route;
    let outcome = 'answered';
    let userSaidNo = false;
    try {
      userSaidNo = this.#saidNo(call, backend);
      const listed = route.standsIn === true ? await this.#listedNow(call, route) : route;
      if (listed !== undefined) {
        ({ backend } = listed);
        await this.#forward(this.#withoutOwnState(call), listed);
      }
    } catch (error) {
      outcome = this.#fail(call, backend, GatehouseError.from(error), userSaidNo);
    } finally {
      this.to.record(backend, outcome, startedAtMs);
    }
  }

  /** A name that is not known may be new, or belong to a backend that was never listed for this caller. */
  async #lookAgain(call: Call): Promise<Route | undefined> {
    const { principal, target } = call;
    const view = await this.to.catalog.current(principal);
    const route = routeOf(target, view);
    if (route !== undefined) return route;
    const backend = view.mayBelongTo(target.name ?? '');
    if (backend !== undefined) return { backend, original: '', standsIn: true };
    // Its name does not tell whose it is: it may be that of a backend which has not answered yet.
    return routeOf(target, await this.to.catalog.settled(principal));
  }

  /**
   * The backend of the name could not be listed when somebody last looked. What a client remembers from earlier runs as
   * soon as it can be listed again.
   * @returns where the call leads now; `undefined` when it was answered here.
   * @throws why the backend still cannot be listed.
   */
  async #listedNow(call: Call, { backend, definition }: Route): Promise<Route | undefined> {
    const view = await this.to.catalog.settled(call.principal, backend);
    const route = routeOf(call.target, view);
    // Who calls a stand-in asks what is wrong, and was told that it only reads: a tool of its name is not what was meant.
    if (definition === undefined && route !== undefined && route.standsIn !== true) return route;
    const failure = view.failureOf(backend);
    if (failure !== undefined) throw failure;
    if (definition === undefined) this.#sayUnknown(call);
    else {
      const text = `${backend} is ready: its tools are listed now. List the tools again to see them.`;
      sendResult(call, { content: [{ type: 'text', text }] });
    }
    return undefined;
  }

  #sayUnknown(call: Call): void {
    this.to.failures.unknownName(call);
  }

  /** Whether the user answered our own question with no. */
  #saidNo(call: Call, backend: string): boolean {
    const { params } = call.message;
    const state = this.to.states.ownIn(params);
    const provider = this.to.failures.providerOf(backend);
    if (state === undefined || provider === undefined) return false;
    const asked = { principalKey: call.principal.key, name: call.target.name ?? '' };
    return (
      this.to.states.verifies(state, asked) && declined(params.get('inputResponses')?.object(), provider)
    );
  }

  /** Our own question's state is not the backend's business. */
  #withoutOwnState(call: Call): Call {
    const { message } = call;
    if (this.to.states.ownIn(message.params) === undefined) return call;
    const params = message.params.without('requestState', 'inputResponses');
    return { ...call, message: { ...message, params } };
  }

  async #forward(call: Call, route: Route): Promise<void> {
    const { principal, answer } = call;
    // It may have ended while the body was read or the backend listed.
    if (principal.tsid !== undefined && this.to.isClosed(principal.tsid)) throw SESSION_OVER;
    const deadlineAtMs = Date.now() + (this.#timeouts.get(route.backend) ?? 0);
    const cancellation = new Cancellation();
    answer.onGone(() => cancellation.cancel(CANCELLED));
    const done = this.to.inFlight.add(call, cancellation);
    try {
      await this.#exchange(call, route, deadlineAtMs, cancellation);
    } finally {
      done();
    }
  }

  async #exchange(call: Call, route: Route, deadlineAtMs: number, cancellation: Cancellation): Promise<void> {
    const { principal, client } = call;
    const { backend } = route;
    const peerRequest = { backend, principal, deadlineAtMs, ...owning(client) };
    const progressToken = idIn(metaOf(call.message.params)?.get('progressToken'));
    for (let attempt = 1; ; attempt += 1) {
      const found = this.to.peers.of(peerRequest);
      const peer = found instanceof Promise ? await found : found;
      const { headers, body, id } = outboundRequest(call, route, peer);
      try {
        const response = await this.to.backends.send({
          backend,
          principal,
          headers,
          body,
          deadlineAtMs,
          cancellation,
        });
        if (response.status < 300) {
          const timeoutMs = this.#timeouts.get(backend) ?? 0;
          await deliverTo(call, response, { backend, peer, id, progressToken, timeoutMs }, this.to);
          return;
        }
        const text = await response.text();
        // It did not run: the backend did not understand who is speaking, or in which revision.
        if (attempt === 1 && meansAnotherRevision(peer, response.status, text)) {
          this.to.peers.forget(backend, peer);
          continue;
        }
        deliverRefusal(call, peer, response, text);
        return;
      } catch (error) {
        if (error === CANCELLED || error === STOPPING)
          this.to.peers.sayCancelled(backend, principal, peer, id);
        throw error;
      }
    }
  }

  /** @returns the outcome for the metrics. */
  #fail(call: Call, backend: string, error: GatehouseError, userSaidNo: boolean): string {
    if (error === CANCELLED) {
      // Gone clients read nothing; one that cancelled by a notification gets its request closed.
      if (call.answer.begun) call.answer.end();
      else call.answer.empty(202);
      return 'cancelled';
    }
    if (!needsUser(error)) this.to.log.failure('call-failed', error, { backend });
    if (error.code === 'session_closed' && !call.answer.begun) this.to.sessionClosed(call);
    else this.to.failures.answer(call, backend, error, userSaidNo);
    return error.code;
  }
}

/** Whose backend session it is, and what may be promised there in its name. */
const owning = (client: Call['client']): Pick<PeerRequest, 'owner' | 'capabilities' | 'logLevel'> =>
  client.era === 'modern'
    ? { owner: '' }
    : {
        owner: client.session.id,
        capabilities: promisable(client.session.capabilities),
        ...(client.session.logLevel === undefined ? {} : { logLevel: client.session.logLevel }),
      };
