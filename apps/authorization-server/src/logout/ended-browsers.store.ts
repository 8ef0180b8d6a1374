import { Injectable } from '@nestjs/common';
import { CLOCK_TOLERANCE_SECONDS } from '@gatehouse/kernel/clock';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { AccountId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';

/** Ends browsers' sessions here, without the browsers. */
@Injectable()
export class EndedBrowsers {
  constructor(private readonly database: Database) {}

  /**
   * @param signedInBeforeMs by a clock that may differ a little. Who is signed out a minute too early is sent to the provider, and comes
   * back.
   */
  async signOut(accountId: AccountId, signedInBeforeMs: number): Promise<number> {
    const { rowCount } = await this.database.query({
      name: 'browsers-sign-out',
      text: `delete from oidc_records where model = 'Session' and payload ->> 'accountId' = $1
        and coalesce((payload ->> 'loginTs')::numeric, 0) <= $2`,
      values: [accountId, Math.floor(signedInBeforeMs / SECOND_MS) + CLOCK_TOLERANCE_SECONDS],
    });
    return rowCount;
  }
}
