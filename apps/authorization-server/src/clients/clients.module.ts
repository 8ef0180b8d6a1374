import { Module } from '@nestjs/common';
import { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import { Database } from '@gatehouse/persistence/database';
import { Envelope } from '@gatehouse/sealing/envelope';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { ClientExpiry } from './client-expiry.store.js';
import { ClientSecrets } from './client-secrets.store.js';

@Module({
  imports: [SigningKeysModule],
  providers: [
    ClientExpiry,
    {
      provide: ClientSecrets,
      inject: [Database, Envelope, CONFIG, SetAsideRows],
      useFactory: (
        database: Database,
        envelope: Envelope,
        { name }: AuthorizationServerPart,
        setAside: SetAsideRows,
      ) => new ClientSecrets(database, envelope, name, setAside),
    },
  ],
  exports: [ClientSecrets],
})
export class ClientsModule {}
