/** A chosen set of backends, and of what they offer, at an MCP endpoint of its own: `<publicUrl>/mcp/views/<name>`. */
export interface ConfiguredView extends Readonly<Record<'tools' | 'prompts' | 'resources', ChosenNames>> {
  /** DNS label. */
  readonly name: string;
  readonly backends: readonly string[];
}

/** Patterns `<backend>/<name>`, of names as the backend gives them. */
export interface ChosenNames {
  /** Absent: everything. */
  readonly include?: readonly string[];
  readonly exclude: readonly string[];
}

/** The two halves of a pattern. A backend's name has no slash. */
export function splitPattern(pattern: string): { readonly backend: string; readonly name: string } {
  const at = pattern.indexOf('/');
  return { backend: pattern.slice(0, at), name: pattern.slice(at + 1) };
}

/** Whether a pattern is about a backend. */
export const isAbout = (pattern: string, backend: string): boolean =>
  ['*', backend].includes(splitPattern(pattern).backend);
