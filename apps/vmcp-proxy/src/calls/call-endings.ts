import type { Refusal } from '../authorization/admission.flow.js';
import { newReference, referenceOf } from '@gatehouse/kernel/failure-reference';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { countedWarning } from '@gatehouse/observability/counted-warning';
import type { Log } from '@gatehouse/observability/log';
import type { Route } from '../catalog/view.js';
import type { Call } from './call.js';
import type { CallMetrics } from './call-metrics.js';
import type { CallObserver } from './call-observer.js';
import type { CallRecord } from './call-record.js';
import { sendResult, type Failures } from './failures.js';
import { CANCELLED } from './in-flight.js';
import type { RefusedCalls } from './refused-calls.js';
import type { StateFault } from './parked-calls.flow.js';
import type { ToolMetrics } from './tool-metrics.js';

/** Who hears of calls that ended. */
export interface CallsTold {
  readonly metrics: Pick<CallMetrics, 'record' | 'held'>;
  readonly tools: Pick<ToolMetrics, 'count'>;
  readonly observer: Pick<CallObserver, 'observed' | 'ended'>;
}

const OUTCOMES: Readonly<Record<Refusal['kind'], string>> = {
  unknown: 'not_allowed',
  forbidden: 'not_allowed',
  scopes: 'insufficient_scope',
  limited: 'rate_limited',
};

/** How calls end that no backend answered, and what is counted and logged of those that ended. */
export class CallEndings {
  /** What is above a limit comes in numbers. */
  readonly #limited: () => void;

  constructor(
    private readonly failures: Failures,
    /** By why: the caller has to come with another token, and nothing was answered yet. */
    private readonly signInAgain: Readonly<Record<'session_closed' | 'token_invalid', (call: Call) => void>>,
    private readonly told: CallsTold,
    private readonly log: Pick<Log, 'failure' | 'info' | 'warn'>,
    private readonly refused: Pick<RefusedCalls, 'answer'>,
  ) {
    this.#limited = countedWarning(log, 'calls-limited');
  }

  /** The call in whose place it runs: what becomes of it is told at the end. */
  observed(call: Call): Call {
    return this.told.observer.observed(call);
  }

  /** @param among backends that a resource may be of. */
  unknown(call: Call, among: readonly string[]): void {
    this.failures.unknownName(call, among);
  }

  /** @param startedAtMs of `performance.now()`. */
  denied(call: Call, route: Route, refusal: Refusal, startedAtMs: number): void {
    const { backend } = route;
    // A name that no list has is a text of the client: it is no label, and no step's name.
    if (route.standsIn !== true) call.record?.routed({ original: route.task?.tool ?? route.original });
    const reference = newReference();
    this.refused.answer(call, refusal, reference);
    const outcome = OUTCOMES[refusal.kind];
    const policy = refusal.kind === 'forbidden' ? refusal.policy : undefined;
    if (refusal.kind === 'limited') this.#limited();
    else {
      const { clientId } = call.principal;
      this.log.info('call-refused', { backend, outcome, clientId, policy, reference, ...traceOf(call) });
    }
    if (policy !== undefined && call.record !== undefined) call.record.policy = policy;
    this.ended(call, backend, outcome, startedAtMs);
  }

  stateRefused(call: Call, fault: StateFault): void {
    this.failures.refusedState(call, fault);
  }

  ready(call: Call, backend: string): void {
    const text = `${backend} is ready: its tools are listed now. List the tools again to see them.`;
    sendResult(call, { content: [{ type: 'text', text }] });
  }

  /** @param wasDeclined the user was asked just now, and said no. @returns the outcome for the metrics. */
  failed(call: Call, backend: string, error: GatehouseError, wasDeclined: boolean): string {
    if (error === CANCELLED) {
      // A client that has gone reads nothing. A client that cancelled by a notification gets its request closed.
      if (call.answer.begun) call.answer.end();
      else call.answer.empty(202);
      return 'cancelled';
    }
    const reference = referenceOf(error);
    this.log.failure('call-failed', error, { backend, reference, ...traceOf(call) });
    const { code } = error;
    if ((code === 'session_closed' || code === 'token_invalid') && !call.answer.begun)
      this.signInAgain[code](call);
    else this.failures.answer(call, backend, error, { declined: wasDeclined, reference });
    return code;
  }

  /** Another replica has answered it, and has counted it. @param startedAtMs of `performance.now()`. */
  answeredElsewhere(call: Call, backend: string, startedAtMs: number): void {
    const durationMs = performance.now() - startedAtMs;
    this.told.observer.ended(call, { backend, outcome: 'answered', durationMs });
  }

  /** @param startedAtMs of `performance.now()`. */
  ended(call: Call, backend: string | undefined, outcome: string, startedAtMs: number): void {
    const nowMs = performance.now();
    const durationMs = nowMs - startedAtMs;
    const { record, target } = call;
    const kind = kindOf(outcome, record);
    if (backend !== undefined) {
      this.told.metrics.record(backend, outcome, durationMs);
      if (record !== undefined) this.told.metrics.held(backend, record.held.passedOnBy(nowMs));
      this.told.tools.count({ backend, target, original: record?.original, outcome: kind, durationMs });
    }
    this.told.observer.ended(call, { backend, outcome: kind, durationMs });
  }
}

/** By what `gatehouse explain` finds the call. */
const traceOf = ({ record }: Call): { readonly traceId?: string } =>
  record?.traceId === undefined ? {} : { traceId: record.traceId };

/** What was answered may have been a failure all the same. */
function kindOf(outcome: string, record: CallRecord | undefined): string {
  if (outcome !== 'answered' || record === undefined) return outcome;
  if (record.isToolError) return 'tool_error';
  return record.errorCode === undefined && !record.wasRefused ? outcome : 'backend_error';
}
