import type { IssuedToken } from './outgoing-auth.js';
import { scopesOfTool } from './tool-scopes.js';

/** The strategy as it is for calls of that tool, or for all others: what is asked for is in `scopes` alone. */
export function strategyForTool<S>(strategy: IssuedToken<S>, tool: string | undefined): IssuedToken<S> {
  if (strategy.type === 'awsSts' || strategy.toolScopes === undefined) return strategy;
  const { toolScopes, ...base } = strategy;
  return { ...base, scopes: [...new Set([...base.scopes, ...scopesOfTool(toolScopes, tool)])] };
}
