import type { RefreshRedemption } from '../providers/redemption.js';
import type { TokenAnswer, TokenSet } from '../providers/token-answer.js';
import type { Acquired } from './refresh.store.js';

/** One redemption under way. */
export interface RedemptionWork extends Acquired {
  readonly tokens: TokenSet;
  /** The refresh token that is redeemed. */
  readonly sent: string;
}

export interface Redeemed {
  readonly redeemed: RefreshRedemption;
  /** What was kept of it, in this attempt or an earlier one. */
  readonly kept: TokenAnswer | undefined;
}
