import { Injectable } from '@nestjs/common';
import { sha256 } from '@gatehouse/kernel/digest';
import { Database } from '@gatehouse/persistence/database';

/** As a record of the protocol's, so that the same housekeeping ends it (oauth-endpoints/record-expiry.store.ts). */
const MODEL = 'UsedAssertion';
/** Longer than clocks may differ. */
const KEPT_FOR_SECONDS = 300;

/**
 * Which assertions about people were used (RFC 7523, section 3). They are of issuers that are believed, and of clients that have
 * authenticated. So strangers cannot fill this, and nothing makes room here before its time.
 */
@Injectable()
export class UsedAssertions {
  constructor(private readonly database: Database) {}

  /** Whether it is known already: then nothing is begun for it. */
  async has(issuer: string, jti: string): Promise<boolean> {
    const { rows } = await this.database.query({
      name: 'assertion-known',
      text: 'select 1 from oidc_records where model = $1 and id = $2',
      values: [MODEL, idOf(issuer, jti)],
    });
    return rows.length > 0;
  }

  /**
   * The write decides, so that of all replicas one takes it.
   * @param expiresAt in seconds: from then on it is refused for its age
   * @returns false when it was used before.
   */
  async take(issuer: string, jti: string, expiresAt: number): Promise<boolean> {
    const { rowCount } = await this.database.query({
      name: 'assertion-used',
      text: `insert into oidc_records (model, id, payload, expires_at) values ($1, $2, '{}', to_timestamp($3))
        on conflict (model, id) do nothing`,
      values: [MODEL, idOf(issuer, jti), Math.ceil(expiresAt) + KEPT_FOR_SECONDS],
    });
    return rowCount === 1;
  }
}

const idOf = (issuer: string, jti: string): string => sha256(JSON.stringify([issuer, jti]));
