/** Where time comes from; tests pass a fixed one. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

/** Two machines' clocks may differ by this much. Nothing is refused for such a difference. */
export const CLOCK_TOLERANCE_SECONDS = 60;
