import type { PartyEgress } from './egress-rules.js';

export interface Backend<S> extends PartyEgress<S> {
  readonly name: string;
  readonly url: string;
  readonly transport: 'streamable-http';
  /** For one call. */
  readonly timeoutMs: number;
  readonly limits: BackendLimits;
}

/** How much of a backend runs at once, at one replica of the proxy. */
export interface BackendLimits {
  /** Waiting for their answer. */
  readonly calls: number;
  readonly callsPerPerson: number;
  /** Answers that go on as event streams. */
  readonly streams: number;
  readonly streamsPerPerson: number;
}
