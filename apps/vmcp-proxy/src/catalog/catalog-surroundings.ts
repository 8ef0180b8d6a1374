import type { Log } from '@gatehouse/observability/log';
import type { Principal } from '../incoming-auth/principal.js';
import type { Declared } from '../mcp/client-capabilities.js';
import type { KnownAbout } from './about-backend.client.js';
import type { AlteredEntries, BackendLists } from './definitions.js';
import type { SentUris } from './sent-uris.js';

/** Asks a backend for its lists on behalf of a principal, as for clients that declare that. */
export type ListBackend = (
  backend: string,
  principal: Principal,
  deadlineAtMs: number,
  declared: Declared,
  known: KnownAbout,
) => Promise<BackendLists>;

export interface CatalogSurroundings {
  readonly log: Pick<Log, 'info' | 'warn' | 'failure'>;
  /** Told whether kept lists answered a request. */
  readonly lookedUp?: (found: boolean) => void;
  /** Told of entries that clients are not shown as they came, at each look at a backend's lists. */
  readonly altered?: (backend: string, altered: AlteredEntries) => void;
  /** Told of principals whose lists somebody looked at just now. */
  readonly listed?: (principal: Principal) => void;
  readonly sent?: Pick<SentUris, 'sendersOf'>;
  readonly nowMs?: () => number;
  /** What is kept of lists at most. */
  readonly mostBytes?: number;
}
