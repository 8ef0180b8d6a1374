import type { Metrics } from '@gatehouse/observability/metrics';
import type { CallTarget } from './call-target.js';

/** Upper bounds in seconds: few, since there is a row of them for each tool. */
const BUCKETS_SECONDS = [0.005, 0.025, 0.1, 0.25, 1, 5, 30];
/** The label of tools that have none of their own. */
export const OTHER_TOOLS = 'all other tools';
/** No client takes longer names; and a label is one short line. */
const MAX_LABEL_LENGTH = 128;
const CONTROL = /\p{Cc}/u;

/** One ended call. */
export interface CountedCall {
  readonly backend: string;
  readonly target: Pick<CallTarget, 'kind'>;
  /** The backend's own name; absent: the call did not get that far. */
  readonly original: string | undefined;
  readonly outcome: string;
  readonly durationMs: number;
}

/**
 * Rate, errors and duration of calls by backend and tool. Only the first tools of a backend have their name there: a backend
 * that lists others to everybody must not add a series for each.
 */
export class ToolMetrics {
  /** By backend. */
  readonly #named = new Map<string, Set<string>>();
  readonly #calls;
  readonly #durations;

  constructor(
    metrics: Pick<Metrics, 'counter' | 'histogram'>,
    private readonly maxTools: number,
  ) {
    this.#calls = metrics.counter(
      'proxy_tool_calls_total',
      'Calls by backend, kind of target, tool and outcome.',
      ['backend', 'kind', 'tool', 'outcome'],
    );
    this.#durations = metrics.histogram(
      'proxy_tool_call_duration_seconds',
      'From the request to the end of its answer, by backend, kind of target and tool.',
      ['backend', 'kind', 'tool'],
      BUCKETS_SECONDS,
    );
  }

  count({ backend, target: { kind }, original, outcome, durationMs }: CountedCall): void {
    const tool = kind === 'tool' ? this.#labelOf(backend, original) : '';
    this.#calls.inc({ backend, kind, tool, outcome });
    this.#durations.observe({ backend, kind, tool }, durationMs / 1_000);
  }

  #labelOf(backend: string, name: string | undefined): string {
    const named = this.#named.get(backend);
    if (name === undefined) return OTHER_TOOLS;
    if (named?.has(name) === true) return name;
    const isFull = (named?.size ?? 0) >= this.maxTools;
    if (isFull || name.length > MAX_LABEL_LENGTH || CONTROL.test(name)) return OTHER_TOOLS;
    if (named === undefined) this.#named.set(backend, new Set([name]));
    else named.add(name);
    return name;
  }
}
