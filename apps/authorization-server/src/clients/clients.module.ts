import { Module } from '@nestjs/common';
import { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import { Database } from '@gatehouse/persistence/database';
import { Envelope } from '@gatehouse/sealing/envelope';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SigningKeysModule } from '../signing-keys/signing-keys.module.js';
import { ClientDocuments } from './client-documents.flow.js';
import { ClientExpiry } from './client-expiry.store.js';
import { ClientKeySets } from './client-key-sets.flow.js';
import { ClientSecrets } from './client-secrets.store.js';
import { DocumentCopies } from './document-copies.store.js';
import { DeleteClient } from './delete-client.flow.js';
import { OwnRegistration } from './own-registration.flow.js';
import { RegistrationTokens } from './registration-tokens.store.js';

@Module({
  imports: [SessionsModule, SigningKeysModule],
  providers: [
    ClientExpiry,
    DocumentCopies,
    ClientDocuments,
    ClientKeySets,
    DeleteClient,
    OwnRegistration,
    RegistrationTokens,
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
  exports: [
    ClientExpiry,
    ClientSecrets,
    ClientDocuments,
    ClientKeySets,
    DeleteClient,
    OwnRegistration,
    RegistrationTokens,
  ],
})
export class ClientsModule {}
