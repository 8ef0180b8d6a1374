import { Module } from '@nestjs/common';
import { randomToken } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import { Database } from '@gatehouse/persistence/database';
import { Envelope } from '@gatehouse/sealing/envelope';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { Readiness } from '@gatehouse/observability/readiness';
import { HeldKeys } from '../held-keys/held-keys.client.js';
import { CookieKeys } from './cookie-keys.js';
import { KeptSigningKeys } from './kept-signing-keys.flow.js';
import { KeyringStore } from './keyring.store.js';
import { loadSigningKeys } from './load-signing-keys.flow.js';
import { SealedSigningKeys } from './sealed-signing-keys.js';
import { SigningKeyStore } from './signing-key.store.js';
import { SigningKeysHandler } from './signing-keys.handler.js';
import { SIGNING_KEYS_PART, SigningKeys } from './signing-keys.js';
import { WatchSigningKeys } from './watch-signing-keys.job.js';

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
    SigningKeyStore,
    {
      provide: HeldKeys,
      inject: [CONFIG],
      useFactory: ({ keyHolders }: AuthorizationServerPart) => new HeldKeys(keyHolders),
    },
    SealedSigningKeys,
    KeptSigningKeys,
    {
      provide: SigningKeys,
      inject: [KeptSigningKeys, HeldKeys, Readiness, CONFIG],
      useFactory: async (
        kept: KeptSigningKeys,
        held: HeldKeys,
        readiness: Readiness,
        { signingKeys }: AuthorizationServerPart,
      ) => {
        const { keys, algorithms } = await loadSigningKeys(signingKeys, kept, held);
        const loaded = new SigningKeys(keys, algorithms);
        readiness.part(SIGNING_KEYS_PART, async () => await loaded.check());
        return loaded;
      },
    },
    WatchSigningKeys,
    {
      provide: CookieKeys,
      inject: [KeyringStore],
      useFactory: async (keyring: KeyringStore) =>
        new CookieKeys(await keyring.findOrMake('cookie', () => Promise.resolve(new Secret(randomToken())))),
    },
  ],
  exports: [Envelope, SigningKeys, CookieKeys, WatchSigningKeys],
})
export class SigningKeysModule {}
