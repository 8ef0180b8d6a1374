import type { FailureHandling } from '@gatehouse/config/model/failure-handling';
import { CircuitBreaker, type Admission, type CircuitCause, type CircuitState } from './circuit-breaker.js';
import type { FailureCode, Finding } from './exchange-evidence.js';
import { ProbeTally, type Health } from './probe-tally.js';

/** How one probe ended. */
export interface ProbeOutcome {
  readonly isAlive: boolean;
  /** Of the response; absent: there was none. */
  readonly status?: number;
  /** Why it is not alive. */
  readonly code?: FailureCode;
  readonly beganAtMs: number;
}

/** Hears what changes. */
export interface HealthListener {
  circuit(backend: string, state: CircuitState, cause: CircuitCause | undefined): void;
  health(backend: string, health: Health): void;
  probed(backend: string, outcome: ProbeOutcome): void;
}

export interface HealthReport {
  readonly health: Health;
  readonly circuit: {
    readonly state: CircuitState;
    readonly cause?: CircuitCause;
    readonly sinceMs?: number;
    readonly triesAgainInMs?: number;
  };
  readonly lastProbe?: Omit<ProbeOutcome, 'beganAtMs'> & { readonly agoMs: number };
  readonly lastAnswerAgoMs?: number;
  readonly lastFailure?: { readonly code: FailureCode; readonly agoMs: number };
}

/** What this replica knows of one backend: the outcomes of calls and of probes, and what follows from them. */
export class BackendHealth {
  readonly #breaker: CircuitBreaker;
  readonly #tally: ProbeTally;
  #circuit: { readonly cause: CircuitCause | undefined; readonly sinceMs: number } | undefined;
  #lastProbe: { readonly outcome: ProbeOutcome; readonly atMs: number } | undefined;
  #lastFailure: { readonly code: FailureCode; readonly atMs: number } | undefined;
  /** Probes in a row that have failed since anything was answered, and when the first of them began. */
  #failing = { probes: 0, sinceMs: 0 };

  constructor(
    private readonly backend: string,
    private readonly handling: FailureHandling,
    private readonly nowMs: () => number,
    private readonly listener: HealthListener = SILENT,
  ) {
    this.#breaker = new CircuitBreaker(handling.circuitBreaker, (state, cause) => {
      this.#circuit = { cause, sinceMs: this.nowMs() };
      this.listener.circuit(this.backend, state, cause);
    });
    this.#tally = new ProbeTally(handling);
  }

  /** @returns `undefined` when nothing is to be sent now. */
  admit(person: string | undefined): Admission | undefined {
    return this.#breaker.admit(person, this.nowMs());
  }

  /** How long until calls are tried again. */
  get closedOffForMs(): number {
    return this.#breaker.closedOffForMs(this.nowMs());
  }

  note(admission: Admission, { evidence, code }: Finding): void {
    const nowMs = this.nowMs();
    if (code !== undefined) this.#lastFailure = { code, atMs: nowMs };
    this.#breaker.note(admission, evidence, nowMs);
  }

  probed(outcome: ProbeOutcome): void {
    const nowMs = this.nowMs();
    const { isAlive, code, beganAtMs } = outcome;
    this.#lastProbe = { outcome, atMs: nowMs };
    if (code !== undefined) this.#lastFailure = { code, atMs: nowMs };
    if (this.#tally.note(isAlive)) this.listener.health(this.backend, this.#tally.health);
    if (!isAlive) this.#failedProbe(outcome, nowMs);
    else {
      this.#failing = { probes: 0, sinceMs: nowMs };
      // A probe asks for nothing: that it is answered says little of calls.
      if (this.#tally.health === 'healthy')
        this.#breaker.note({ person: PROBE, beganAtMs, trialOf: undefined }, 'reached', nowMs);
    }
    this.listener.probed(this.backend, outcome);
  }

  report(): HealthReport {
    const nowMs = this.nowMs();
    const { state, answeredAtMs } = this.#breaker;
    const triesAgainInMs = this.closedOffForMs;
    return {
      health: this.#tally.health,
      circuit: {
        state,
        ...(this.#circuit === undefined ? {} : { sinceMs: nowMs - this.#circuit.sinceMs }),
        ...(this.#circuit?.cause === undefined ? {} : { cause: this.#circuit.cause }),
        ...(state === 'open' ? { triesAgainInMs } : {}),
      },
      ...(this.#lastProbe === undefined ? {} : { lastProbe: reported(this.#lastProbe, nowMs) }),
      ...(answeredAtMs === -Infinity ? {} : { lastAnswerAgoMs: nowMs - answeredAtMs }),
      ...(this.#lastFailure === undefined
        ? {}
        : { lastFailure: { code: this.#lastFailure.code, agoMs: nowMs - this.#lastFailure.atMs } }),
    };
  }

  #failedProbe({ beganAtMs, code }: ProbeOutcome, nowMs: number): void {
    const { answeredAtMs } = this.#breaker;
    // What calls get counts for more than what a probe gets, which has no credential; so does an error of the server's own.
    if (beganAtMs <= answeredAtMs || code === 'http_5xx') return;
    const isOfRun = this.#failing.probes > 0 && this.#failing.sinceMs > answeredAtMs;
    this.#failing = isOfRun
      ? { probes: this.#failing.probes + 1, sinceMs: this.#failing.sinceMs }
      : { probes: 1, sinceMs: beganAtMs };
    if (this.#failing.probes >= this.handling.unhealthyThreshold) this.#breaker.trip(nowMs);
  }
}

/** Not a person. */
const PROBE = 'probe';

const SILENT: HealthListener = {
  circuit: () => undefined,
  health: () => undefined,
  probed: () => undefined,
};

const reported = (
  { outcome: { isAlive, status, code }, atMs }: { readonly outcome: ProbeOutcome; readonly atMs: number },
  nowMs: number,
): NonNullable<HealthReport['lastProbe']> => ({
  isAlive,
  ...(status === undefined ? {} : { status }),
  ...(code === undefined ? {} : { code }),
  agoMs: nowMs - atMs,
});
