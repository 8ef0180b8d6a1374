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
import { OWN_KEYS, readSigningKey, SigningKeys } from './signing-keys.js';

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
        const own = () => Promise.all(OWN_KEYS.map(([name, make]) => keyring.findOrMake(name, make)));
        const pems = config.signingKeys.length > 0 ? config.signingKeys : await own();
        const [first, ...rest] = await Promise.all(pems.map((pem, index) => readSigningKey(pem, index)));
        if (first === undefined) throw new Error('there is no signing key');
        return new SigningKeys([first, ...rest]);
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
