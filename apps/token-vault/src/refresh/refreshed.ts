import type { Connection } from '../connections/connection.js';
import type { RefreshOutcome } from './outcome.js';

export interface Refreshed {
  readonly outcome: RefreshOutcome;
  /** The connection with the newest tokens, where there are newer ones. */
  readonly connection?: Connection;
  /** Refusals in a row, this one included, without a name that says why. */
  readonly refusals?: number;
  /** Of the line that says why it failed. */
  readonly reference?: string;
}
