import { busKeyCurrent } from '@gatehouse/contracts/token-vault/bus-key-current';
import type { Clock } from '@gatehouse/kernel/clock';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { SingleFlight, type Flight } from '@gatehouse/kernel/single-flight';
import { sealMessage, type PublicMessageKey } from '@gatehouse/sealing/message-sealing';
import type { ContractClient } from './contract-client.js';

/** The vault says for how long its key is good. That is as long as a day, and the vault may be set up anew before. */
const ASK_AGAIN_AFTER_MS = 10 * MINUTE_MS;

interface CurrentKey {
  readonly key: PublicMessageKey;
  readonly useUntilMs: number;
}

/** The vault's public key: the vault alone reads what is sealed for it. */
export class VaultKey {
  #current: CurrentKey | undefined;
  readonly #questions = new SingleFlight<'key', CurrentKey>();

  constructor(
    private readonly contracts: Pick<ContractClient, 'ask'>,
    private readonly clock: Clock,
  ) {}

  /**
   * Sends a request with a sealed part. A vault that cannot open it refuses it before anything happens (`request_invalid`),
   * so the request is sealed and sent once more when the vault has another key by now.
   * @param send is called with the sealed part.
   */
  async send<Reply>(secret: unknown, send: (sealed: string) => Promise<Reply>): Promise<Reply> {
    const used = await this.#key();
    try {
      return await send(await sealMessage(secret, used.key));
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'request_invalid') throw error;
      // Another request may have asked for the new key already.
      if (this.#current === used) this.forget();
      const { key } = await this.#key();
      if (key.kid === used.key.kid) throw error;
      return await send(await sealMessage(secret, key));
    }
  }

  /** The vault is asked again before the next request. An answer that was asked for before is not kept. */
  forget(): void {
    this.#current = undefined;
    this.#questions.drop();
  }

  async #key(): Promise<CurrentKey> {
    const current = this.#current;
    return current !== undefined && this.clock.nowMs() < current.useUntilMs
      ? current
      : await this.#questions.run('key', (flight) => this.#ask(flight));
  }

  async #ask(flight: Flight): Promise<CurrentKey> {
    const { key, useUntilMs } = await this.contracts.ask(busKeyCurrent, {});
    const current = { key, useUntilMs: Math.min(useUntilMs, this.clock.nowMs() + ASK_AGAIN_AFTER_MS) };
    if (!flight.isDropped) this.#current = current;
    return current;
  }
}
