import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { CLOCK } from '@gatehouse/service-process/injected';
import { ConnectionStore } from '../connections/connection.store.js';
import type { RenewedTokens } from '../providers/token-answer.js';
import type { GrantFacts } from './outcome.js';
import type { RedemptionWork } from './redemption-work.js';
import { RefreshEndings } from './refresh-endings.flow.js';
import { RefreshStore } from './refresh.store.js';
import type { Refreshed } from './refreshed.js';

/** Puts new tokens in the place of those that were redeemed. */
@Injectable()
export class PublishTokens {
  constructor(
    private readonly store: RefreshStore,
    private readonly connections: ConnectionStore,
    private readonly endings: RefreshEndings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Compares and sets the version. A sign-in may have stored a newer access token together with the refresh token that we
   * have just used up: then our tokens replace it. Anything else that is newer stays.
   */
  async run({ connection, sent }: RedemptionWork, accepted: RenewedTokens): Promise<Refreshed> {
    for (let { version } = connection.row; ;) {
      const newest = await this.store.publish(connection, version, accepted, sent);
      if (newest !== undefined) return { outcome: 'refreshed', connection: newest };
      const now = await this.connections.byId(connection.id);
      if (now === undefined) {
        await this.endings.orphaned(connection.provider, accepted.tokens);
        return { outcome: 'superseded' };
      }
      if (now.row.version === version || now.refreshToken() !== sent)
        return { outcome: 'superseded', connection: now };
      ({ version } = now.row);
    }
  }

  /** What decides what a failure means. */
  async factsOf(work: RedemptionWork): Promise<GrantFacts> {
    const { accessExpiresAt, refusals } = work.connection.row;
    // A token whose end is unknown is renewed only because a backend has refused it.
    const expired = accessExpiresAt === null || accessExpiresAt.getTime() <= this.clock.nowMs();
    return { stillCurrent: await this.#isCurrent(work), refusals, expired };
  }

  /** Whether the connection still rests on the refresh token that was sent. */
  async #isCurrent({ connection, sent }: RedemptionWork): Promise<boolean> {
    const now = await this.connections.byId(connection.id);
    if (now === undefined) return false;
    // An answer that somebody else kept meanwhile holds the token that replaced the one we sent.
    const answeredElsewhere = connection.row.answer === null && now.row.answer !== null;
    return !answeredElsewhere && now.refreshToken() === sent;
  }
}
