import { matchesWildcard } from '@gatehouse/kernel/wildcard';

/** Scopes that some tools of a backend need. */
export interface ToolScopes {
  /** Names as the backend gives them; `*` stands for any characters. */
  readonly tools: readonly string[];
  readonly scopes: readonly string[];
}

/** What an endpoint can be asked for: the same for every call, and more for some tools. */
export interface ScopedStrategy {
  readonly scopes: readonly string[];
  /** Absent: every call has the same. Every entry that names a tool counts. */
  readonly toolScopes?: readonly ToolScopes[];
}

/** What entries say of a tool, each once and in one order: the same set of scopes is the same text everywhere. */
export const scopesOfTool = (
  toolScopes: readonly ToolScopes[] = [],
  tool: string | undefined,
): readonly string[] =>
  tool === undefined
    ? []
    : [
        ...new Set(
          toolScopes
            .filter(({ tools }) => tools.some((pattern) => matchesWildcard(pattern, tool)))
            .flatMap(({ scopes }) => scopes),
        ),
      ].sort();
