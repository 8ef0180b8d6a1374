import { within } from '@gatehouse/kernel/active-span';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionViews } from '../incoming-auth/session-views.client.js';
import type { Call } from './call.js';
import type { CallEndings } from './call-endings.js';
import type { Exchanges } from './exchanges.flow.js';
import { waitedFor } from './held-time.js';
import { SESSION_OVER } from './in-flight.js';
import type { OwnQuestions } from './own-questions.js';
import type { Route } from '../catalog/view.js';
import { backendOf, type BackendDestination, type Destination, type Routes } from './routes.js';

/**
 * The life of a call, from top to bottom. The endpoint (`edge/mcp-endpoint.ts`) has identified the caller
 * (`incoming-auth/`) and read the message (`mcp/`). Here it is routed to a backend by what its caller can see (`catalog/`).
 * Then the exchange takes a place at the backend (`backends/exchange-limits.ts`), adds the caller's credential
 * (`outgoing-auth/`), and hands the answer to the client (`call-delivery.ts`).
 */
export class Calls {
  constructor(
    private readonly routes: Routes,
    private readonly questions: OwnQuestions,
    private readonly sessions: Pick<SessionViews, 'isClosed'>,
    private readonly exchanges: Exchanges,
    private readonly endings: CallEndings,
  ) {}

  /** Answers the call, whatever happens. */
  run(given: Call): Promise<void> {
    const call = this.endings.observed(given);
    const span = call.record?.span;
    return span === undefined ? this.#run(call) : within(span, () => this.#run(call));
  }

  async #run(call: Call): Promise<void> {
    const startedAtMs = call.record?.held.receivedAtMs ?? performance.now();
    let destination: Destination;
    try {
      const found = this.routes.find(call);
      destination = found instanceof Promise ? await found : found;
    } catch (error) {
      this.endings.ended(call, undefined, 'refused', startedAtMs);
      throw error;
    }
    if (destination.kind === 'unknown') {
      this.endings.unknown(call, destination.among);
      this.endings.ended(call, undefined, 'unknown', startedAtMs);
      return;
    }
    if (destination.kind === 'refused') {
      this.endings.stateRefused(call, destination.fault);
      this.endings.ended(call, undefined, 'state_refused', startedAtMs);
      return;
    }
    if (destination.kind === 'denied') {
      this.endings.denied(call, destination.route, destination.refusal, startedAtMs);
      return;
    }
    const backend = backendOf(destination);
    let outcome = 'answered';
    let wasDeclined = false;
    try {
      wasDeclined = this.questions.wereDeclined(call, backend);
      await this.#go(call, destination);
    } catch (error) {
      outcome = this.endings.failed(call, backend, GatehouseError.from(error), wasDeclined);
    } finally {
      // The replica at which it waited has counted it. Where that is gone, nobody else has.
      if (destination.kind === 'elsewhere' && outcome === 'answered')
        this.endings.answeredElsewhere(call, backend, startedAtMs);
      else this.endings.ended(call, backend, outcome, startedAtMs);
    }
  }

  #go(call: Call, destination: BackendDestination): Promise<void> | undefined {
    switch (destination.kind) {
      case 'ready':
        this.endings.ready(call, destination.backend);
        return undefined;
      case 'unlisted':
        throw destination.why;
      case 'elsewhere':
        this.#throwIfClosed(call);
        return this.exchanges.handOn(call, destination.replica);
      case 'parked':
        this.#throwIfClosed(call);
        call.record?.routed(destination.parked);
        return waitedFor(call.record?.held, destination.parked.resume(call));
      case 'route':
        this.#throwIfClosed(call);
        call.record?.routed(recordedOf(destination.route));
        return this.exchanges.run(this.questions.takenOut(call), destination.route);
    }
  }

  /** The session may have ended while the body was read or the backend listed. @throws {GatehouseError} */
  #throwIfClosed({ principal: { tsid } }: Call): void {
    if (tsid !== undefined && this.sessions.isClosed(tsid)) throw SESSION_OVER;
  }
}

/** What is recorded of a task is its tool: its id at the backend is nobody's. */
const recordedOf = ({ original, task }: Route): Pick<Route, 'original'> => ({
  original: task?.tool ?? original,
});
