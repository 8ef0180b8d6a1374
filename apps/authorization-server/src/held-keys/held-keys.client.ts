import type { HeldKey, KeyHolders } from '@gatehouse/config/model/held-keys';
import type { Secret } from '@gatehouse/kernel/secret';
import { kmsKey } from './aws-kms.client.js';
import type { KeyOfHolder } from './held-key.js';
import { Pkcs11Process } from './pkcs11-process.client.js';

/** Whoever holds signing keys, as configured. Nothing is loaded, started or asked before a key is. */
export class HeldKeys {
  readonly #pkcs11: Pkcs11Process | undefined;

  constructor(private readonly holders: KeyHolders<Secret>) {
    this.#pkcs11 = holders.pkcs11 && new Pkcs11Process(holders.pkcs11);
  }

  /** @throws when nothing says how that holder is reached. */
  key(held: HeldKey): KeyOfHolder {
    if (held.holder === 'pkcs11' && this.#pkcs11 !== undefined) return this.#pkcs11.key(held.name, held.key);
    if (held.holder === 'awsKms' && this.holders.awsKms !== undefined)
      return kmsKey(held, this.holders.awsKms);
    throw new Error(`authServer.keyHolders.${held.holder} is not written`);
  }

  close(): void {
    this.#pkcs11?.close();
  }
}
