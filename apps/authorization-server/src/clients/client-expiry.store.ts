import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { sha256 } from '@gatehouse/kernel/digest';
import { MIB } from '@gatehouse/kernel/sizes';
import { Database, type Statement } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import type { Expendable } from '@gatehouse/persistence/room';
import { CONFIG } from '@gatehouse/service-process/injected';
import { hasNoRegistration } from '../client-terms/registered-client.js';

/**
 * Nobody has ever signed in with it. The first session writes `consumed_at` (`SessionStore.open`); a deletion at that moment waits for the
 * row, looks at it once more, and leaves it. Sessions and approvals tell it of clients that were used by an earlier release.
 */
const neverUsed = (row: string): string => `${row}.model = 'Client' and ${row}.consumed_at is null
      and not exists (select from sessions s where s.client_id = ${row}.payload->>'client_id')
      and not exists (select from approvals a where a.client_id = ${row}.payload->>'client_id')`;

/** Clients that registered that long ago, and that nobody has signed in with, nor is just doing so: no request waits for a day. */
export const clientSweep = (lifespanMs: number): Pick<Statement, 'name' | 'text'> => ({
  name: 'sweep-clients',
  text: `delete from oidc_records r where created_at < now() - ${lifespanMs} * interval '1 ms'
      and (begun_at is null or begun_at < now() - interval '1 day') and ${neverUsed('r')}`,
});

/** The same after an hour, when there are too many of them. */
export const EXPENDABLE_CLIENTS: Expendable = {
  table: 'oidc_records',
  where: `coalesce(t.begun_at, t.created_at) < now() - interval '1 hour' and ${neverUsed('t')}`,
  age: 'created_at',
  maxBytes: 256 * MIB,
};

/** Ends registrations that are of no use. */
@Injectable()
export class ClientExpiry {
  constructor(
    private readonly database: Database,
    expiry: Expiry,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'clientRegistration'>,
  ) {
    const { unusedClientLifespanMs } = config.clientRegistration;
    expiry.add(endedBy(database, [clientSweep(unusedClientLifespanMs)], [EXPENDABLE_CLIENTS]));
  }

  /**
   * A sign-in begins: its client stays as long as that may take, if nobody has signed in with it before.
   * @returns false when the registration has ended since it was looked at.
   */
  async signInBegins(clientId: string): Promise<boolean> {
    if (hasNoRegistration(clientId, this.config)) return true;
    const { rows } = await this.database.query<{ readonly isThere: boolean }>({
      name: 'client-sign-in-begins',
      text: `with begun as (
          update oidc_records set begun_at = now() where model = 'Client' and id = $1 and consumed_at is null returning id
        ) select exists (select from begun)
          or exists (select from oidc_records where model = 'Client' and id = $1) as "isThere"`,
      values: [sha256(clientId)],
    });
    return rows[0]?.isThere === true;
  }
}
