/** What operators can follow, beside the log. */
export interface Telemetry<Secret> {
  /** Absent: no traces are recorded. */
  readonly otlp?: Otlp<Secret>;
  /** Names of tools that a backend has in metrics; the rest are `other`. */
  readonly toolLabels: number;
  readonly audit: Audit;
}

export interface Otlp<Secret> {
  /** Base URL of a collector; `/v1/traces` is added. */
  readonly endpoint: string;
  readonly insecureAllowHttp: boolean;
  readonly headers: ReadonlyMap<string, Secret>;
  /** Share of the requests that are recorded, 0 to 1. */
  readonly samplingRatio: number;
  readonly caBundle?: Secret;
}

export interface Audit {
  readonly enabled: boolean;
  /** Whose values are written. */
  readonly arguments: readonly AuditedArguments[];
}

export interface AuditedArguments {
  /** Name of a backend. */
  readonly workload: string;
  /** Patterns of the backend's own names. */
  readonly tools: readonly string[];
  /** Names of members of `arguments`. */
  readonly names: readonly string[];
}
