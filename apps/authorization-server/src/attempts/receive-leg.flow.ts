import { Inject, Injectable } from '@nestjs/common';
import { attemptId as attemptIdField } from '@gatehouse/contracts/fields';
import type { Clock } from '@gatehouse/kernel/clock';
import { sha256 } from '@gatehouse/kernel/digest';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { CLOCK } from '@gatehouse/service-process/injected';
import { Vault, type Arrival } from '../vault/vault.client.js';
import { ended, forgotten, received, type Reception } from './arrivals.js';
import { AttemptCookies } from './attempt-cookies.js';
import { AttemptStore, type StoredAttempt } from './attempt.store.js';
import { begunHere, type BegunHere } from './begun-here.js';
import { RecordLeg } from './record-leg.flow.js';

export type ReceivedLeg =
  /** The attempt says what is next, whichever delivery of the callback it was that told it. */
  | { readonly kind: 'goes-on'; readonly at: BegunHere }
  /** Nothing was recorded. The attempt can go on. */
  | { readonly kind: 'refused'; readonly error: GatehouseError; readonly at: BegunHere };

/** The delivery of a callback that is handed to the vault. */
interface First {
  readonly attempt: StoredAttempt;
  readonly key: string;
  readonly arrival: Arrival;
  /** Of the browser. */
  readonly binding: string;
}

/** A browser comes back from a provider. It has to be the browser that was sent there; then the vault completes the leg. */
@Injectable()
export class ReceiveLeg {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly cookies: AttemptCookies,
    private readonly vault: Vault,
    private readonly recording: RecordLeg,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * A callback is handed to the vault once, however often it is delivered and to how many replicas: a browser repeats a
   * request whose answer it did not get, and people reload and go back.
   * @throws {GatehouseError} `callback_unknown`, `callback_wrong_browser`: it is of no attempt of this browser.
   */
  async receive(arrival: Arrival, cookieHeader: string | undefined): Promise<ReceivedLeg> {
    const { attempt, key } = await this.#attempt(arrival.query);
    const browser = this.cookies.bound(attempt.state.browserBinding, cookieHeader);
    // This is checked before anything else: another browser must not use up the leg.
    if (browser === undefined) throw new GatehouseError('callback_wrong_browser');
    const at = begunHere(attempt, browser.id);
    switch (await this.#note(attempt, key)) {
      case 'first':
        return await this.#complete({ attempt, key, arrival, binding: browser.binding }, at);
      case 'repeated':
        return { kind: 'goes-on', at };
      case 'too-often':
        return { kind: 'refused', error: new GatehouseError('callback_unknown', 'delivered too often'), at };
    }
  }

  async #note({ id }: StoredAttempt, key: string): Promise<Reception> {
    let reception: Reception = 'first';
    await this.attempts.change(id, (state) => {
      const noted = received(state, key, this.clock.nowMs());
      ({ reception } = noted);
      return noted.state;
    });
    return reception;
  }

  async #complete({ attempt, key, arrival, binding }: First, at: BegunHere): Promise<ReceivedLeg> {
    try {
      const reply = await this.vault.complete(arrival, binding);
      if (reply.attemptId !== attempt.id)
        throw new GatehouseError('internal', 'the vault completed a leg of another attempt');
      await this.recording.record(attempt, reply, key);
      return { kind: 'goes-on', at };
    } catch (thrown) {
      const error = GatehouseError.from(thrown);
      // The vault completed it for a delivery whose receiver died before it could write that down.
      const isOver = error.code === 'callback_unknown';
      await this.attempts.change(attempt.id, (state) => (isOver ? ended(state, key) : forgotten(state, key)));
      return isOver ? { kind: 'goes-on', at } : { kind: 'refused', error, at };
    }
  }

  async #attempt(query: string): Promise<{ readonly attempt: StoredAttempt; readonly key: string }> {
    // `<attempt id>.<rest>`, made by the vault.
    const state = new URLSearchParams(query).get('state') ?? '';
    const parsed = attemptIdField.safeParse(state.split('.')[0]);
    if (!parsed.success) throw new GatehouseError('callback_unknown', 'the state names no attempt');
    try {
      return { attempt: await this.attempts.load(parsed.data), key: sha256(state) };
    } catch (error) {
      if (error instanceof GatehouseError && error.code === 'attempt_unknown')
        throw new GatehouseError('callback_unknown');
      throw error;
    }
  }
}
