/** Where time comes from; tests pass a fixed one. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

/** How far the clocks of two machines may be apart without anything being refused for it. */
export const CLOCK_TOLERANCE_SECONDS = 60;
