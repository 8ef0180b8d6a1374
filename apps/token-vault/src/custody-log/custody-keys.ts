import { Inject, Injectable } from '@nestjs/common';
import { CustodyKeyring } from '@gatehouse/persistence/custody-log/custody-key';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';

/** The keys of the vault's custody log, derived from its key-encryption keys. */
@Injectable()
export class CustodyKeys extends CustodyKeyring {
  constructor(@Inject(CONFIG) config: TokenVaultPart) {
    super(config.keyEncryptionKeys);
  }
}
