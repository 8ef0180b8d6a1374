import type { ProxyBackend } from '@gatehouse/config/parts';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AuthorizedBackend } from '../backends/authorized-backend.flow.js';
import { Cancellation } from '../backends/cancellation.js';
import { meansAnotherRevision } from '../backends/peer-mismatch.js';
import type { PeerRequest, Peers } from '../backends/peers.client.js';
import type { Route } from '../catalog/view.js';
import { idIn, metaOf } from '../mcp/message.js';
import { promisable } from './backend-questions.js';
import type { Call } from './call.js';
import type { CallDelivery } from './call-delivery.flow.js';
import { deliverRefusal } from './deliver-refusal.js';
import { CallTime, type TimeLimits } from './call-time.js';
import { CANCELLED, STOPPING, type InFlight } from './in-flight.js';
import { outboundRequest } from './outbound.js';
import { Resumption } from './resumption.flow.js';

/** What all attempts of one call have in common. */
interface Attempt {
  readonly time: CallTime;
  readonly cancellation: Cancellation;
}

/** The exchange of a call with its backend: speaks the backend's revision, and hands on what the backend answers. */
export class Exchanges {
  readonly #limits: ReadonlyMap<string, TimeLimits>;

  constructor(
    backends: readonly ProxyBackend[],
    private readonly peers: Peers,
    private readonly authorized: AuthorizedBackend,
    private readonly delivery: CallDelivery,
    private readonly inFlight: InFlight,
  ) {
    this.#limits = new Map(backends.map((backend) => [backend.name, backend]));
  }

  /** Resolves when the client was answered. @throws {GatehouseError} when it was not, or not to the end. */
  async run(call: Call, route: Route): Promise<void> {
    const cancellation = new Cancellation();
    call.answer.onGone(() => cancellation.cancel(CANCELLED));
    const done = this.inFlight.add(call, cancellation);
    const attempt = { time: new CallTime(this.#limits.get(route.backend) ?? NO_TIME), cancellation };
    try {
      // Once more where the backend did not understand who is speaking, or in which revision: then it did not run.
      for (let isLast = false; !(await this.#attempt(call, route, attempt, isLast));) isLast = true;
    } finally {
      done();
    }
  }

  /** @returns false when another revision has to be spoken. */
  async #attempt(call: Call, route: Route, attempt: Attempt, isLast: boolean): Promise<boolean> {
    const { principal, client } = call;
    const { backend } = route;
    const { time, cancellation } = attempt;
    const { deadlineAtMs } = time;
    const found = this.peers.of({ backend, principal, deadlineAtMs, ...owning(client) });
    const peer = found instanceof Promise ? await found : found;
    const { headers, body, id } = outboundRequest(call, route, peer);
    try {
      const request = { backend, principal, headers, body, deadlineAtMs, cancellation };
      const response = await this.authorized.send(request);
      if (response.status < 300) {
        const progressToken = idIn(metaOf(call.message.params)?.get('progressToken'));
        time.of(response);
        const facts = { backend, principal, peer, time, cancellation };
        const resumption = new Resumption(facts, this.authorized);
        await this.delivery.deliver(call, response, { backend, peer, id, progressToken, time, resumption });
        return true;
      }
      const text = await response.text();
      if (!isLast && meansAnotherRevision(peer, response.status, text)) {
        this.peers.forget(backend, peer);
        return false;
      }
      deliverRefusal(call, peer, response, text);
      return true;
    } catch (error) {
      // Who does not wait any longer says so (MCP 2025-11-25, lifecycle, timeouts); a client that cancelled has this code, too.
      if (error === STOPPING || GatehouseError.from(error).code === 'deadline_exceeded')
        this.peers.sayCancelled(backend, principal, peer, id);
      throw error;
    }
  }
}

const NO_TIME: TimeLimits = { timeoutMs: 0, maxTimeoutMs: 0 };

/** Whose backend session it is, and what may be promised there in its name. */
const owning = (client: Call['client']): Pick<PeerRequest, 'owner' | 'capabilities' | 'logLevel'> =>
  client.era === 'modern'
    ? { owner: '' }
    : {
        owner: client.session.id,
        capabilities: promisable(client.session.capabilities),
        ...(client.session.logLevel === undefined ? {} : { logLevel: client.session.logLevel }),
      };
