import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId } from '@gatehouse/kernel/ids';
import { DiscardAbandonedAttempts } from '../attempts/discard-abandoned-attempts.job.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import { AdministeredAccounts } from './administered-accounts.store.js';
import { AdministeredConnections } from './administered-connections.flow.js';
import { AdministeredSessions } from './administered-sessions.store.js';

/** The outbox tells the vault of ended sessions within moments, where the vault answers. */
const TRIES = 20;
const LOOK_EVERY_MS = SECOND_MS / 4;

/**
 * Deletes an account with all that it owns in both services. Each step can be done again: whoever was interrupted, or hears 503, asks
 * once more, and it goes on.
 */
@Injectable()
export class DeleteAccount {
  constructor(
    private readonly accounts: AdministeredAccounts,
    private readonly sessions: AdministeredSessions,
    private readonly closing: CloseSession,
    private readonly connections: AdministeredConnections,
    private readonly discards: DiscardAbandonedAttempts,
  ) {}

  /**
   * @returns false: there was no such account, and nothing of it.
   * @throws {GatehouseError} `unavailable`: not all of it is done yet, and what of the vault.
   */
  async run(account: string): Promise<boolean> {
    const isKnown = (await this.accounts.find(account)) !== undefined;
    if (isKnown) await this.#end(account);
    // A sign-in that was under way at another replica has given it a connection, perhaps, after all others were ended.
    const ended = await this.connections.endAll(account);
    return isKnown || ended > 0;
  }

  async #end(account: string): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      await this.accounts.endWhatIsOnTheWay(account);
      // What providers gave these attempts is kept by the vault until it hears that nobody goes on with them.
      await this.discards.discardNow();
      for (const tsid of await this.sessions.unclosed(account))
        await this.closing.close(tsid, 'revoked', account as AccountId);
      await this.connections.endAll(account);
      if (await this.accounts.delete(account)) return;
      await delay(LOOK_EVERY_MS);
    }
    throw new GatehouseError(
      'unavailable',
      'the vault has not been told yet of every session that has ended',
    );
  }
}
