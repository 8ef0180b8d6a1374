import { Injectable } from '@nestjs/common';
import { sha256 } from '@gatehouse/kernel/digest';
import { Database, type Queries } from '@gatehouse/persistence/database';

/**
 * Registration access tokens (RFC 7592, section 3), as SHA-256 in the row of their client: a token ends with its client, in the same
 * statement, whoever deletes it.
 */
@Injectable()
export class RegistrationTokens {
  constructor(private readonly database: Database) {}

  async keep(clientId: string, token: string): Promise<void> {
    await this.database.query({
      name: 'registration-token-keep',
      text: `update oidc_records set uid = $2 where model = 'Client' and id = $1`,
      values: [sha256(clientId), sha256(token)],
    });
  }

  /** @returns the client that this is the token of. */
  async clientOf(token: string): Promise<string | undefined> {
    const { rows } = await this.database.query<{ clientId: string }>({
      name: 'registration-token-client',
      text: `select payload->>'client_id' as "clientId" from oidc_records where model = 'Client' and uid = $1`,
      values: [sha256(token)],
    });
    return rows[0]?.clientId;
  }

  /**
   * Deletes the registration with its token. Of any number of requests one does.
   * @returns false when this is not the token of this client (any more).
   */
  async deleteClient(tx: Queries, clientId: string, token: string): Promise<boolean> {
    const { rowCount } = await tx.query({
      name: 'registered-client-delete',
      text: `delete from oidc_records where model = 'Client' and id = $1 and uid = $2`,
      values: [sha256(clientId), sha256(token)],
    });
    return rowCount > 0;
  }
}
