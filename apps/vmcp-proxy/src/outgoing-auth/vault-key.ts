import { busKeyCurrent } from '@gatehouse/contracts/token-vault/bus-key-current';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { SingleFlight, type Flight } from '@gatehouse/kernel/single-flight';
import type { ContractClient } from '@gatehouse/messaging/contract-client';
import { sealMessage, type PublicMessageKey } from '@gatehouse/sealing/message-sealing';

interface CurrentKey {
  readonly key: PublicMessageKey;
  readonly useUntilMs: number;
}

const LOOK_AGAIN_AFTER_MS = 10 * MINUTE_MS;

/** The vault's bus key: what is sealed for it can be read by the vault only. */
export class VaultKey {
  #current: CurrentKey | undefined;
  readonly #questions = new SingleFlight<'key', CurrentKey>();

  constructor(
    private readonly contracts: Pick<ContractClient, 'ask'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  async seal(value: unknown): Promise<string> {
    const known = this.#current;
    const isGood = known !== undefined && this.nowMs() < known.useUntilMs;
    const current = isGood ? known : await this.#questions.run('key', (flight) => this.#ask(flight));
    return await sealMessage(value, current.key);
  }

  /** The vault may have been set up anew behind our back. */
  forget(): void {
    this.#current = undefined;
    this.#questions.drop();
  }

  async #ask(flight: Flight): Promise<CurrentKey> {
    const { key, useUntilMs } = await this.contracts.ask(busKeyCurrent, {});
    const current = { key, useUntilMs: Math.min(useUntilMs, this.nowMs() + LOOK_AGAIN_AFTER_MS) };
    if (!flight.isDropped) this.#current = current;
    return current;
  }
}
