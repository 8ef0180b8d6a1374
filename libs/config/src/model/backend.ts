import type { PartyEgress } from './egress-rules.js';
import type { StdioProgram } from './stdio.js';

export interface Backend<S> extends PartyEgress<S> {
  readonly name: string;
  /** Of a program: where the bridge serves it. */
  readonly url: string;
  readonly stdio?: StdioProgram<S>;
  readonly transport: 'streamable-http';
  /** For one call. */
  readonly timeoutMs: number;
  readonly progressExtendsTimeout: boolean;
  /** For one call in all, however much progress there is; `timeoutMs` where progress extends nothing. */
  readonly maxTimeoutMs: number;
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
