export interface Aggregation {
  readonly conflictResolution: 'prefix' | 'priority' | 'manual';
  readonly conflictResolutionConfig: {
    /** `{workload}` stands for the backend's name; the tool's name is appended. */
    readonly prefixFormat: string;
    readonly priorityOrder: readonly string[];
  };
  /** Longer names of tools and prompts get a short form. */
  readonly maxNameLength: number;
  /** No tool of any backend is shown. */
  readonly excludeAllTools: boolean;
  /** Of backends without an entry in `tools`. */
  readonly defaultToolVisibility: 'allow' | 'deny';
  readonly tools: readonly WorkloadTools[];
  readonly prompts: readonly WorkloadFilter[];
  readonly resources: readonly WorkloadFilter[];
}

export interface WorkloadTools {
  readonly workload: string;
  /** Names as the backend gives them; absent: every tool. */
  readonly filter?: readonly string[];
  /** By the name that the backend gives. */
  readonly overrides: ReadonlyMap<string, ToolOverride>;
  /** No tool of this backend is shown. */
  readonly excludeAll: boolean;
}

export interface ToolOverride {
  readonly name?: string;
  readonly description?: string;
  readonly annotations?: ToolAnnotations;
}

/** Each member that is there takes the place of the backend's (MCP, `ToolAnnotations`). */
interface ToolAnnotations {
  readonly title?: string;
  readonly readOnlyHint?: boolean;
  readonly destructiveHint?: boolean;
  readonly idempotentHint?: boolean;
  readonly openWorldHint?: boolean;
}

/** The only prompts, or resources, of one backend that are shown: patterns of the names, or URIs, that it gives. */
interface WorkloadFilter {
  readonly workload: string;
  readonly filter: readonly string[];
}

/** What stands before the names of a backend's tools and prompts. */
export const prefixOf = (
  { conflictResolutionConfig }: Pick<Aggregation, 'conflictResolutionConfig'>,
  backend: string,
): string => conflictResolutionConfig.prefixFormat.replaceAll('{workload}', backend);
