export interface Aggregation {
  readonly conflictResolution: 'prefix' | 'priority' | 'manual';
  readonly conflictResolutionConfig: {
    /** `{workload}` stands for the backend's name; the tool's name is appended. */
    readonly prefixFormat: string;
    readonly priorityOrder: readonly string[];
  };
  /** Longer names of tools and prompts get a short form. */
  readonly maxNameLength: number;
  readonly tools: readonly WorkloadTools[];
}

export interface WorkloadTools {
  readonly workload: string;
  /** Names as the backend gives them; absent: every tool. */
  readonly filter?: readonly string[];
  /** By the name that the backend gives. */
  readonly overrides: ReadonlyMap<string, ToolOverride>;
}

interface ToolOverride {
  readonly name?: string;
  readonly description?: string;
}

/** What stands before the names of a backend's tools and prompts. */
export const prefixOf = (
  { conflictResolutionConfig }: Pick<Aggregation, 'conflictResolutionConfig'>,
  backend: string,
): string => conflictResolutionConfig.prefixFormat.replaceAll('{workload}', backend);
