import type { ProxyBackend } from '@gatehouse/config/parts';
import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import { basicScopes } from '../incoming-auth/challenge.js';
import type { Principal } from '../incoming-auth/principal.js';
import type { Thing } from './things.js';

/** RFC 6749, appendix A.4. An issuer elsewhere may write scopes that no header can have. */
const isScopeToken = (scope: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(scope);

type Needing = Pick<ProxyBackend, 'name' | 'requiredScopes' | 'toolScopes'>;

/** Scopes of the caller's token that calls need. */
export class RequiredScopes {
  readonly #backends: ReadonlyMap<string, Needing>;

  constructor(backends: readonly Needing[]) {
    this.#backends = new Map(
      backends
        .filter(({ requiredScopes, toolScopes }) => requiredScopes.length + toolScopes.length > 0)
        .map((backend) => [backend.name, backend]),
    );
  }

  /** Whether any call needs one. */
  get isNeeded(): boolean {
    return this.#backends.size > 0;
  }

  /**
   * @returns `undefined` when the token has them all; else everything that a token for the call has: what it needs, and what this
   * one was granted already, since not every client adds that by itself (MCP 2025-11-25, authorization, step-up).
   */
  lacking({ scopes }: Pick<Principal, 'scopes'>, thing: Thing): readonly string[] | undefined {
    const needed = this.#neededFor(thing);
    return needed.every((scope) => scopes.has(scope))
      ? undefined
      : basicScopes([...new Set([...[...scopes].filter(isScopeToken), ...needed])]);
  }

  #neededFor({ backend, action, original }: Thing): readonly string[] {
    const needing = this.#backends.get(backend);
    if (needing === undefined) return [];
    const ofTool =
      action === 'call_tool'
        ? needing.toolScopes.filter(({ tools }) =>
            tools.some((pattern) => matchesWildcard(pattern, original)),
          )
        : [];
    return [...needing.requiredScopes, ...ofTool.flatMap(({ scopes }) => scopes)];
  }
}
