import { Module } from '@nestjs/common';
import { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import { Database } from '@gatehouse/persistence/database';
import { Envelope } from '@gatehouse/sealing/envelope';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { ClientDocuments } from './client-documents.flow.js';
import { ClientExpiry } from './client-expiry.store.js';
import { ClientKeySets } from './client-key-sets.flow.js';
import { ClientSecrets } from './client-secrets.store.js';
import { DocumentCopies } from './document-copies.store.js';

@Module({
  imports: [SigningKeysModule],
  providers: [
    ClientExpiry,
    DocumentCopies,
    ClientDocuments,
    ClientKeySets,
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
  exports: [ClientSecrets, ClientDocuments, ClientKeySets],
})
export class ClientsModule {}
