import { Inject, Injectable } from '@nestjs/common';
import { VAULT_CONFIG, type VaultConfig } from '../config.js';
import { CustodyKey } from './custody-entry.js';

/** One per key-encryption key: the first writes, all verify. */
@Injectable()
export class CustodyKeys {
  readonly current: CustodyKey;
  readonly #byId: ReadonlyMap<string, CustodyKey>;

  constructor(@Inject(VAULT_CONFIG) config: VaultConfig) {
    const keys = config.keyEncryptionKeys.map(({ id, key }) => new CustodyKey(id, key.reveal()));
    const [first] = keys;
    if (first === undefined) throw new Error('at least one key-encryption key is needed');
    this.current = first;
    this.#byId = new Map(keys.map((key) => [key.id, key]));
  }

  find(id: string): CustodyKey | undefined {
    return this.#byId.get(id);
  }
}
