/** What a Lease says of who leads. */
export interface LeaseFacts {
  readonly holder: string;
  /** Of each renewal another text. */
  readonly renewed: string;
  readonly durationMs: number;
}

/** The last Lease that a replica saw, and when it saw it first, by its own clock: clocks of two machines differ. */
export interface Observation {
  readonly facts: LeaseFacts | undefined;
  readonly sinceMs: number;
}

export const observed = (
  before: Observation | undefined,
  facts: LeaseFacts | undefined,
  nowMs: number,
): Observation =>
  before !== undefined && before.facts?.holder === facts?.holder && before.facts?.renewed === facts?.renewed
    ? before
    : { facts, sinceMs: nowMs };

/** `renew`: it is ours. `take`: nobody leads, or whoever did has not renewed for as long as the Lease lasts. */
export function decide(
  { facts, sinceMs }: Observation,
  self: string,
  nowMs: number,
): 'renew' | 'take' | 'wait' {
  if (facts?.holder === self) return 'renew';
  if (facts === undefined || facts.holder === '') return 'take';
  return nowMs - sinceMs > facts.durationMs ? 'take' : 'wait';
}
