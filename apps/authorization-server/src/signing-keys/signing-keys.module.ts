import { Module } from '@nestjs/common';
import { randomToken } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import { Database } from '@gatehouse/persistence/database';
import { Envelope } from '@gatehouse/sealing/envelope';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { CookieKeys } from './cookie-keys.js';
import { KeyringStore } from './keyring.store.js';
import { SigningKeysHandler } from './signing-keys.handler.js';
import { newSigningKeyPem, readSigningKey, SigningKeys } from './signing-keys.js';

@Module({
  controllers: [SigningKeysHandler],
  providers: [
    {
      provide: Envelope,
      inject: [CONFIG],
      useFactory: ({ keyEncryptionKeys }: AuthorizationServerPart) => new Envelope(keyEncryptionKeys),
    },
    {
      provide: KeyringStore,
      inject: [Database, Envelope, CONFIG, SetAsideRows],
      useFactory: (
        database: Database,
        envelope: Envelope,
        { name }: AuthorizationServerPart,
        setAside: SetAsideRows,
      ) => new KeyringStore(database, envelope, name, setAside),
    },
    {
      provide: SigningKeys,
      inject: [KeyringStore, CONFIG],
      useFactory: async (keyring: KeyringStore, config: AuthorizationServerPart) => {
        const [
          first = await keyring.findOrMake('signing', () => Promise.resolve(newSigningKeyPem())),
          ...rest
        ] = config.signingKeys;
        return new SigningKeys([
          await readSigningKey(first, 0),
          ...(await Promise.all(rest.map((pem, index) => readSigningKey(pem, index + 1)))),
        ]);
      },
    },
    {
      provide: CookieKeys,
      inject: [KeyringStore],
      useFactory: async (keyring: KeyringStore) =>
        new CookieKeys(await keyring.findOrMake('cookie', () => Promise.resolve(new Secret(randomToken())))),
    },
  ],
  exports: [Envelope, SigningKeys, CookieKeys],
})
export class SigningKeysModule {}
