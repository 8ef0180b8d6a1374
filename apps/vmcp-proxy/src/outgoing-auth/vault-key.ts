import { busKeyCurrent } from '@gatehouse/contracts/token-vault/bus-key-current';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
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

  constructor(
    private readonly contracts: Pick<ContractClient, 'ask'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  async seal(value: unknown): Promise<string> {
    let current = this.#current;
    if (current === undefined || this.nowMs() >= current.useUntilMs) {
      const { key, useUntilMs } = await this.contracts.ask(busKeyCurrent, {});
      current = { key, useUntilMs: Math.min(useUntilMs, this.nowMs() + LOOK_AGAIN_AFTER_MS) };
      this.#current = current;
    }
    return await sealMessage(value, current.key);
  }

  /** The vault may have been set up anew behind our back. */
  forget(): void {
    this.#current = undefined;
  }
}
