/** What is done about a backend that fails. */
export interface FailureHandling {
  /** 0: it is not probed. */
  readonly healthCheckIntervalMs: number;
  /** For one probe. */
  readonly healthCheckTimeoutMs: number;
  /** Probes in a row that make it healthy. */
  readonly healthyThreshold: number;
  /** Probes in a row that make it unhealthy. */
  readonly unhealthyThreshold: number;
  readonly circuitBreaker: CircuitBreakerSettings;
}

export interface CircuitBreakerSettings {
  readonly enabled: boolean;
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** How long it stays open before calls are tried. */
  readonly timeoutMs: number;
}

/** `fail`: a list that is not whole is an error. `bestEffort`: it is what there is. */
export type PartialFailureMode = 'bestEffort' | 'fail';

/** How the gateway deals with backends that are slow or fail. */
export interface Operational {
  readonly timeouts: {
    readonly defaultMs: number;
    /** By the name of the backend. */
    readonly perWorkload: ReadonlyMap<string, number>;
  };
  readonly partialFailureMode: PartialFailureMode;
  /** Of backends that have nothing of their own. */
  readonly failureHandling: FailureHandling;
}
