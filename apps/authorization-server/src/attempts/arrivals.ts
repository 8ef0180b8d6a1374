import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { AttemptState } from './attempt.js';

/** Longer than the vault may take to complete a leg (`connection.complete`). */
const ARRIVAL_MS = 50 * SECOND_MS;
/** Pending legs of one attempt are fewer. An older callback is unknown to the vault as well. */
const MAX_KEPT = 16;
/** A person reloads a few times. A provider that answers each visit with the same old callback would go on for ever. */
const MAX_TIMES = 6;

/** Pure changes of what is known of an attempt's callbacks; the store applies each by compare-and-set. */

export type Reception =
  /** Nobody has handed this callback to the vault. */
  | 'first'
  /** Another delivery of it is under way or over. The attempt says what came of it. */
  | 'repeated'
  | 'too-often';

export interface Received<State extends AttemptState> {
  readonly state: State;
  readonly reception: Reception;
}

/** @param key digest of the callback's `state`. */
export function received<State extends AttemptState>(
  state: State,
  key: string,
  nowMs: number,
): Received<State> {
  const before = state.arrivals?.[key];
  if (before === undefined)
    return {
      state: withArrival(state, key, { atMs: nowMs, untilMs: nowMs + ARRIVAL_MS, times: 1 }),
      reception: 'first',
    };
  const times = before.times + 1;
  return {
    state: withArrival(state, key, { ...before, times }),
    reception: times > MAX_TIMES ? 'too-often' : 'repeated',
  };
}

/** The callback is dealt with: its outcome stands in the attempt, or the vault knows no leg of it. */
export const ended = <State extends AttemptState>(state: State, key: string): State => {
  const before = state.arrivals?.[key];
  return before === undefined ? state : withArrival(state, key, { ...before, untilMs: 0 });
};

/** Nothing was made of the callback, so that its leg may still be answered. */
export const forgotten = <State extends AttemptState>(state: State, key: string): State => ({
  ...state,
  arrivals: Object.fromEntries(Object.entries(state.arrivals ?? {}).filter(([other]) => other !== key)),
});

/** Whether the outcome of a callback may still be written. */
export const isExpected = ({ arrivals = {} }: AttemptState, nowMs: number): boolean =>
  Object.values(arrivals).some(({ untilMs }) => untilMs > nowMs);

type Arrivals = NonNullable<AttemptState['arrivals']>;

function withArrival<State extends AttemptState>(
  state: State,
  key: string,
  arrival: Arrivals[string],
): State {
  const all = Object.entries({ ...state.arrivals, [key]: arrival }).sort(([, a], [, b]) => b.atMs - a.atMs);
  return { ...state, arrivals: Object.fromEntries(all.slice(0, MAX_KEPT)) };
}
