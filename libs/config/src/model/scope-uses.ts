import type { Backend } from './backend.js';

/** What a scope is needed for at one backend. */
export interface ScopeUse {
  readonly backend: string;
  /** Names, or patterns of them; absent: everything there. */
  readonly tools?: readonly string[];
}

export type ScopeUses = ReadonlyMap<string, readonly ScopeUse[]>;

type Needing = Pick<Backend<unknown>, 'name' | 'requiredScopes' | 'toolScopes'>;

/** By scope, in configured order: what of the backends needs it. */
export function scopeUses(backends: readonly Needing[]): ScopeUses {
  const uses = new Map<string, ScopeUse[]>();
  const note = (scope: string, use: ScopeUse): void => {
    uses.set(scope, [...(uses.get(scope) ?? []), use]);
  };
  for (const { name, requiredScopes, toolScopes } of backends) {
    for (const scope of requiredScopes) note(scope, { backend: name });
    for (const { tools, scopes } of toolScopes)
      for (const scope of scopes) note(scope, { backend: name, tools });
  }
  return uses;
}
