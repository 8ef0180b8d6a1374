import type { PartyEgress } from './egress-rules.js';
import type { StdioProgram } from './stdio.js';
import type { FailureHandling } from './failure-handling.js';
import type { ToolScopes } from './tool-scopes.js';

export interface Backend<S> extends PartyEgress<S> {
  readonly name: string;
  /** Of a program: where the bridge serves it. */
  readonly url: string;
  readonly stdio?: StdioProgram<S>;
  /** `sse`: HTTP with SSE of MCP 2024-11-05. With the other one it is used where the backend turns out to know only that. */
  readonly transport: 'streamable-http' | 'sse';
  /** Headers of callers that it gets with their calls. Absent: those of all backends. */
  readonly passthroughHeaders?: readonly string[];
  /** For one call. */
  readonly timeoutMs: number;
  readonly progressExtendsTimeout: boolean;
  /** For one call in all, however much progress there is; `timeoutMs` where progress extends nothing. */
  readonly maxTimeoutMs: number;
  /** The first that names a tool counts. */
  readonly toolTimeouts: readonly ToolTimeout[];
  /** Of the caller's token, for each call. */
  readonly requiredScopes: readonly string[];
  /** More of them for some tools; every entry that names a tool counts. */
  readonly toolScopes: readonly ToolScopes[];
  readonly limits: BackendLimits;
  readonly failureHandling: FailureHandling;
}

/** Time limits of some tools of a backend. */
interface ToolTimeout {
  /** Names as the backend gives them; `*` stands for any characters. */
  readonly tools: readonly string[];
  readonly timeoutMs: number;
  readonly maxTimeoutMs: number;
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
