import { Injectable } from '@nestjs/common';
import { sha256 } from '@gatehouse/kernel/digest';
import { MIB } from '@gatehouse/kernel/sizes';
import { Database } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import type { Expendable } from '@gatehouse/persistence/room';
import { decodeJwt } from 'jose';
import { errors, Provider } from 'oidc-provider';

/** As a record of the protocol's, so that the same housekeeping ends it (record-expiry.store.ts). */
/** By which a proof may be dated ahead: `CHALLENGE_OK_WINDOW` of oidc-provider. */
const AHEAD_SECONDS = 300;
const MODEL = 'ReplayDetection';

/** They have a limit of their own: nothing else that a stranger can begin makes room of them. */
const EXPENDABLE_PROOFS: Expendable = {
  table: 'oidc_records',
  where: `model = 'ReplayDetection'`,
  age: 'created_at',
  maxBytes: 64 * MIB,
};

/**
 * Which assertions (RFC 7523, section 3) and proofs of possession (RFC 9449, section 11.1) were used. The library looks first and
 * writes then, so that two replicas would take one assertion twice; here the write decides.
 */
@Injectable()
export class UsedProofs {
  constructor(
    private readonly database: Database,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, [], [EXPENDABLE_PROOFS]));
  }

  /**
   * Takes the place of the library's own.
   * @param expiresAt in seconds: from then on the proof is refused for its age
   * @returns false when it was used before.
   */
  readonly unique = async (issuer: string, jti: string, expiresAt: number): Promise<boolean> => {
    const { rowCount } = await this.database.query({
      name: 'proof-used',
      text: `insert into oidc_records (model, id, payload, expires_at) values ($1, $2, '{}', to_timestamp($3))
        on conflict (model, id) do update set expires_at = excluded.expires_at, created_at = now()
        where oidc_records.expires_at < now() - interval '1 minute'`,
      // A proof may be dated as far ahead as it may be old, and is good for as long again (the library's window, both ways).
      values: [MODEL, sha256(JSON.stringify([issuer, jti])), Math.ceil(expiresAt) + AHEAD_SECONDS],
    });
    if (rowCount === 1) return true;
    // The library calls it `invalid_grant`, and a client that hears that throws its tokens away (RFC 9449, section 5).
    if (jti === proofIdOf(Provider.ctx?.get('dpop')))
      throw new errors.InvalidDpopProof('the DPoP proof was used before');
    return false;
  };

  replaceIn(provider: Provider): void {
    Object.assign(provider.ReplayDetection, { unique: this.unique });
  }
}

function proofIdOf(proof: string | undefined): string | undefined {
  try {
    return proof === undefined ? undefined : decodeJwt(proof).jti;
  } catch {
    return undefined;
  }
}
