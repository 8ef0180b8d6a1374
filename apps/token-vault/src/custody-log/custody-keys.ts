import { Inject, Injectable } from '@nestjs/common';
import { CustodyKeyring } from '@gatehouse/persistence/custody-log/custody-key';
import { VAULT_CONFIG, type VaultConfig } from '../config.js';

/** The vault's own, from its key-encryption keys. */
@Injectable()
export class CustodyKeys extends CustodyKeyring {
  constructor(@Inject(VAULT_CONFIG) config: VaultConfig) {
    super(config.keyEncryptionKeys);
  }
}
