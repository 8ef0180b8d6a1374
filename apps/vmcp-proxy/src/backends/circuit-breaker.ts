import type { CircuitBreakerSettings } from '@gatehouse/config/model/failure-handling';

/**
 * What one exchange shows of a backend. `answered`: it did what it is for. `reached`: something answered in its name that
 * may stand before it (401, 403, 429). `unreachable`: no connection, so whose request it was does not matter. `failed`: it
 * took the request and gave nothing; that may be the fault of the request. `none`: nothing.
 */
export type Evidence = 'answered' | 'reached' | 'unreachable' | 'failed' | 'none';

export type CircuitState = 'closed' | 'open' | 'half-open';
/** Why it is not closed. */
export type CircuitCause = 'unreachable' | 'failures' | 'probes';

/** One exchange that was let through. */
export interface Admission {
  readonly person: string;
  readonly beganAtMs: number;
  /** The half-open time in which it is a trial. */
  readonly trialOf: HalfOpen | undefined;
}

interface HalfOpen {
  readonly kind: 'half-open';
  readonly cause: CircuitCause;
  /** Persons who have a trial in this turn. */
  readonly tried: Set<string>;
  /** Persons whose trials failed. */
  readonly failed: Set<string>;
  turnEndsAtMs: number;
}

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly cause: CircuitCause; readonly untilMs: number }
  | HalfOpen;

const CLOSED: State = { kind: 'closed' };
/** At most, in each turn of a half-open circuit. */
const MAX_TRIALS = 3;
/** Whatever one person's calls do, they alone take a backend away from nobody. */
const MIN_PERSONS = 2;
/** Callers who cannot be told apart count as one. */
const NOBODY = '';

/**
 * The circuit breaker of one backend. Only what nobody was answered in between counts, so a backend that serves anybody is
 * slow at worst. Connections that cannot be made open it whosever they are. Failures after that may be made by a request: one
 * person's count for half of the threshold at most, and those of two persons are needed. While it is half-open each person
 * has one trial in a turn, and one that fails closes the way to nobody else. Any answer closes it.
 */
export class CircuitBreaker {
  #state: State = CLOSED;
  #answeredAtMs = -Infinity;
  #unreachable = 0;
  readonly #failuresOf = new Map<string, number>();

  constructor(
    private readonly settings: CircuitBreakerSettings,
    private readonly changed: (state: CircuitState, cause: CircuitCause | undefined) => void = () =>
      undefined,
  ) {}

  get state(): CircuitState {
    return this.#state.kind;
  }

  /** When something was answered last; `-Infinity`: never. */
  get answeredAtMs(): number {
    return this.#answeredAtMs;
  }

  /** How long until calls are tried again; 0 where they are let through or tried now. */
  closedOffForMs(nowMs: number): number {
    const state = this.#state;
    if (state.kind === 'closed') return 0;
    return Math.max((state.kind === 'open' ? state.untilMs : state.turnEndsAtMs) - nowMs, 0);
  }

  /** @param person absent: callers that cannot be told apart. @returns `undefined` when the exchange must not be made. */
  admit(person: string | undefined, nowMs: number): Admission | undefined {
    const who = person ?? NOBODY;
    if (this.#state.kind === 'open' && nowMs >= this.#state.untilMs) this.#halfOpen(this.#state.cause, nowMs);
    const state = this.#state;
    if (state.kind === 'open') return undefined;
    if (state.kind === 'closed') return { person: who, beganAtMs: nowMs, trialOf: undefined };
    if (nowMs >= state.turnEndsAtMs) {
      state.tried.clear();
      state.turnEndsAtMs = nowMs + this.settings.timeoutMs;
    }
    if (state.tried.has(who) || state.tried.size >= MAX_TRIALS) return undefined;
    state.tried.add(who);
    return { person: who, beganAtMs: nowMs, trialOf: state };
  }

  /** Takes what an exchange has shown. */
  note({ person, beganAtMs, trialOf }: Admission, evidence: Evidence, nowMs: number): void {
    switch (evidence) {
      case 'answered':
        this.#answeredAtMs = nowMs;
        this.#close();
        return;
      case 'reached':
        this.#unreachable = 0;
        if (this.#state.kind !== 'closed' && this.#state.cause !== 'failures') this.#close();
        else trialOf?.tried.delete(person);
        return;
      case 'none':
        trialOf?.tried.delete(person);
        return;
      case 'unreachable':
      case 'failed':
        // Others were answered while it waited: it says nothing of the backend.
        if (this.settings.enabled && beganAtMs > this.#answeredAtMs)
          this.#failed(person, trialOf, evidence, nowMs);
    }
  }

  /** Probes in a row have failed since anything was answered. */
  trip(nowMs: number): void {
    if (this.settings.enabled) this.#open('probes', nowMs);
  }

  #failed(
    person: string,
    trialOf: HalfOpen | undefined,
    evidence: 'unreachable' | 'failed',
    nowMs: number,
  ): void {
    const state = this.#state;
    if (state.kind === 'half-open') {
      if (trialOf !== state) return;
      state.failed.add(person);
      if (evidence === 'unreachable') this.#open('unreachable', nowMs);
      else if (state.failed.size >= MIN_PERSONS) this.#open('failures', nowMs);
    } else if (state.kind === 'closed') this.#count(person, evidence, nowMs);
  }

  #count(person: string, evidence: 'unreachable' | 'failed', nowMs: number): void {
    const { failureThreshold } = this.settings;
    if (evidence === 'unreachable') {
      this.#unreachable += 1;
      if (this.#unreachable >= failureThreshold) this.#open('unreachable', nowMs);
      return;
    }
    const share = Math.ceil(failureThreshold / MIN_PERSONS);
    this.#failuresOf.set(person, Math.min((this.#failuresOf.get(person) ?? 0) + 1, share));
    const failures = [...this.#failuresOf.values()].reduce((sum, count) => sum + count, 0);
    if (failures >= failureThreshold && this.#failuresOf.size >= MIN_PERSONS) this.#open('failures', nowMs);
  }

  #open(cause: CircuitCause, nowMs: number): void {
    const wasOpen = this.#state.kind === 'open';
    this.#forgetFailures();
    this.#state = { kind: 'open', cause, untilMs: nowMs + this.settings.timeoutMs };
    if (!wasOpen) this.changed('open', cause);
  }

  #halfOpen(cause: CircuitCause, nowMs: number): void {
    const turnEndsAtMs = nowMs + this.settings.timeoutMs;
    this.#state = { kind: 'half-open', cause, tried: new Set(), failed: new Set(), turnEndsAtMs };
    this.changed('half-open', cause);
  }

  #close(): void {
    this.#forgetFailures();
    if (this.#state.kind === 'closed') return;
    this.#state = CLOSED;
    this.changed('closed', undefined);
  }

  #forgetFailures(): void {
    this.#unreachable = 0;
    this.#failuresOf.clear();
  }
}
