import type { ConnectionRow } from '../connections/connection.js';
import type { RefreshOutcome } from './outcome.js';

export interface Refreshed {
  readonly outcome: RefreshOutcome;
  /** The row with the newest tokens, where there are newer ones. */
  readonly row?: ConnectionRow;
}
