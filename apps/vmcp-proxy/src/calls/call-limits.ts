import type { ProxyBackend } from '@gatehouse/config/parts';
import { matchesWildcard } from '@gatehouse/kernel/wildcard';
import type { TimeLimits } from './call-time.js';

type LimitedBackend = Pick<ProxyBackend, 'name' | 'timeoutMs' | 'maxTimeoutMs' | 'toolTimeouts'>;

const NO_TIME: TimeLimits = { timeoutMs: 0, maxTimeoutMs: 0 };

/** How long a call may take: by its tool, else by its backend. */
export class CallLimits {
  readonly #backends: ReadonlyMap<string, LimitedBackend>;

  constructor(backends: readonly LimitedBackend[]) {
    this.#backends = new Map(backends.map((backend) => [backend.name, backend]));
  }

  /** @param tool by the name that the backend gives; absent: the call is of no tool. */
  of(backend: string, tool: string | undefined): TimeLimits {
    const limits = this.#backends.get(backend);
    if (limits === undefined) return NO_TIME;
    const own =
      tool === undefined
        ? undefined
        : limits.toolTimeouts.find(({ tools }) => tools.some((pattern) => matchesWildcard(pattern, tool)));
    return own ?? limits;
  }
}
