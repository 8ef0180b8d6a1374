import { Injectable } from '@nestjs/common';
import { MIB } from '@gatehouse/kernel/sizes';
import { Database } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import type { Expendable } from '@gatehouse/persistence/room';

/** Clients that registered, and that nobody ever signed in with. */
export const CLIENT_SWEEP = {
  name: 'sweep-clients',
  text: `delete from oidc_records r where model = 'Client' and created_at < now() - interval '30 days'
      and not exists (select from sessions s where s.client_id = r.payload->>'client_id')
      and not exists (select from approvals a where a.client_id = r.payload->>'client_id')`,
} as const;

/** The same after an hour, when there are too many of them. */
export const EXPENDABLE_CLIENTS: Expendable = {
  table: 'oidc_records',
  where: `model = 'Client' and created_at < now() - interval '1 hour'
      and not exists (select from sessions s where s.client_id = t.payload->>'client_id')
      and not exists (select from approvals a where a.client_id = t.payload->>'client_id')`,
  age: 'created_at',
  maxBytes: 256 * MIB,
};

/** Ends registrations that are of no use. */
@Injectable()
export class ClientExpiry {
  constructor(database: Database, expiry: Expiry) {
    expiry.add(endedBy(database, [CLIENT_SWEEP], [EXPENDABLE_CLIENTS]));
  }
}
