import { Injectable } from '@nestjs/common';
import { MIB } from '@gatehouse/kernel/sizes';
import { Database } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import type { Expendable } from '@gatehouse/persistence/room';

export const RECORD_SWEEP = {
  name: 'sweep-records',
  // What came in time is used after its end where a provider is asked first: 20 s at most.
  text: `delete from oidc_records where expires_at < now() - interval '1 minute'`,
} as const;

/**
 * Requests under way, of devices as well, browsers in which nobody is signed in, copies of clients' documents. A finished sign-in has
 * a grant.
 */
export const EXPENDABLE_RECORDS: Expendable = {
  table: 'oidc_records',
  where: `model in ('Interaction', 'Session', 'PushedAuthorizationRequest', 'ClientDocument', 'DeviceCode')
      and not (model in ('Session', 'DeviceCode') and payload ? 'accountId')`,
  age: 'created_at',
  maxBytes: 256 * MIB,
};

/** Ends the records that oidc-provider keeps. */
@Injectable()
export class RecordExpiry {
  constructor(database: Database, expiry: Expiry) {
    expiry.add(endedBy(database, [RECORD_SWEEP], [EXPENDABLE_RECORDS]));
  }
}
