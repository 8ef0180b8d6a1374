import { Injectable } from '@nestjs/common';
import { attemptId as attemptIdField } from '@gatehouse/contracts/fields';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Vault, type Arrival } from '../vault/vault.client.js';
import { AttemptCookies } from './attempt-cookies.js';
import { AttemptStore, type StoredAttempt } from './attempt.store.js';
import { RecordLeg } from './record-leg.flow.js';

export interface ReceivedLeg {
  readonly attempt: StoredAttempt;
  /** The interaction of the browser; on the connect page the attempt's own id. */
  readonly uid: string;
}

/** A browser comes back from a provider. It has to be the browser that was sent there; then the vault completes the leg. */
@Injectable()
export class ReceiveLeg {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly cookies: AttemptCookies,
    private readonly vault: Vault,
    private readonly recording: RecordLeg,
  ) {}

  /**
   * @throws {GatehouseError} `callback_unknown`, `callback_expired`, `callback_wrong_browser`, `callback_wrong_provider`;
   * then nothing was recorded.
   */
  async receive(arrival: Arrival, cookieHeader: string | undefined): Promise<ReceivedLeg> {
    const attempt = await this.#attempt(arrival.query);
    const browser = this.cookies.bound(attempt.state.browserBinding, cookieHeader);
    // This is checked before the vault is asked: another browser must not use up the leg.
    if (browser === undefined) throw new GatehouseError('callback_wrong_browser');
    const reply = await this.vault.complete(arrival, browser.binding);
    if (reply.attemptId !== attempt.id)
      throw new GatehouseError('internal', 'the vault completed a leg of another attempt');
    return { attempt: await this.recording.record(attempt, reply), uid: browser.id };
  }

  async #attempt(query: string): Promise<StoredAttempt> {
    // `<attempt id>.<rest>`, made by the vault.
    const parsed = attemptIdField.safeParse(new URLSearchParams(query).get('state')?.split('.')[0]);
    if (!parsed.success) throw new GatehouseError('callback_unknown', 'the state names no attempt');
    try {
      return await this.attempts.load(parsed.data);
    } catch (error) {
      if (error instanceof GatehouseError && error.code === 'attempt_unknown')
        throw new GatehouseError('callback_unknown');
      throw error;
    }
  }
}
