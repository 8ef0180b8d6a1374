import { Injectable } from '@nestjs/common';
import { connectionClaims } from '@gatehouse/contracts/token-vault/connection-claims';
import { sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { Database } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import { ClientTerms } from '../client-terms/client-terms.js';
import type { OidcRecord, Session } from '../generated/client.js';
import type { PresentedToken } from './successor-seal.js';
import type { KnownToken } from './used-token.js';

/** A token that was just exchanged gets the same successor again for this long (docs/adr/0003-refresh-token-races.md says why it is constant). */
const GRACE_MS = 10 * SECOND_MS;

/** Who presented it in that time may have waited so long for what the vault says of their person. */
const KEPT_FOR_MS = GRACE_MS + connectionClaims.timeoutMs;

/**
 * Used tokens of a session that are remembered, so that their replay is recognised: more than a week of them. This bounds
 * a client that refreshes in a loop. A forgotten token is refused like any unknown one.
 */
const USED_TOKENS_KEPT = 1_000;
/** Forgetting reads all of them, so it is done once in this many exchanges. */
const FORGET_EVERY = 100;

export interface Successor {
  readonly value: string;
  readonly sealed: Buffer;
}

interface KnownRow extends RowOf<OidcRecord, 'sealedSuccessor'> {
  readonly isUsed: boolean;
  readonly isInGrace: boolean;
  readonly isSuccessorUsed: boolean;
}

/** A token whose successor was exchanged in its turn. */
const SUCCESSOR_USED = `exists (select from oidc_records next
  where next.model = 'RefreshToken' and next.id = token.successor and next.consumed_at is not null)`;

/** A successor is kept only as long as it may be given again. */
export const SUCCESSOR_SWEEP = {
  name: 'sweep-successors',
  text: `update oidc_records set sealed_successor = null
    where sealed_successor is not null and consumed_at < now() - interval '${KEPT_FOR_MS} ms'`,
} as const;

/** Refresh tokens among the records that oidc-provider keeps. */
@Injectable()
export class RefreshTokenStore {
  constructor(
    private readonly database: Database,
    private readonly terms: ClientTerms,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, [SUCCESSOR_SWEEP]));
  }

  /**
   * Uses a token up, makes its successor, and prolongs its session, all in one statement. Of any number of parallel
   * redemptions, on any number of replicas, exactly one does it, and a crash leaves no state in between.
   * @returns whether this call did it.
   */
  async exchange({ value, tsid, clientId }: PresentedToken, successor: Successor): Promise<boolean> {
    const { sessionLifespanMs, refreshTokenLifespanMs } = this.terms.lifespansOf(clientId);
    const { rowCount } = await this.database.query({
      name: 'refresh-token-exchange',
      text: `with session as (
          select tsid, least(now() + $5 * interval '1 ms', opened_at + $6 * interval '1 ms') as ends_at from sessions
          where tsid = $1::uuid and closed_at is null and least(expires_at, opened_at + $6 * interval '1 ms') > now()
          for update
        ), used as (
          update oidc_records token set consumed_at = now(), successor = $3, sealed_successor = $4 from session
          where model = 'RefreshToken' and id = $2 and consumed_at is null and grant_id = session.tsid::text
            and token.expires_at > now()
          returning payload, grant_id, uid, ends_at
        ), made as (
          insert into oidc_records (model, id, payload, grant_id, uid, expires_at)
          select 'RefreshToken', $3, payload || jsonb_build_object(
              'iat', extract(epoch from now())::bigint, 'exp', extract(epoch from ends_at)::bigint,
              'rotations', coalesce((payload->>'rotations')::int, 0) + 1
            ), grant_id, uid, ends_at from used
        ), went_on as (
          update sessions set used_at = now(), expires_at = ends_at from used where sessions.tsid = $1::uuid
        ), too_old as (
          update oidc_records set sealed_successor = null
          where grant_id = $1::text and sealed_successor is not null and id <> $2 and exists (select from used)
        ), forgotten as (
          delete from oidc_records where model = 'RefreshToken' and grant_id = $1::text and sealed_successor is null
            and exists (select from used where (payload->>'rotations')::int % ${FORGET_EVERY} = 0) and consumed_at <= (
              select consumed_at from oidc_records where model = 'RefreshToken' and grant_id = $1::text and consumed_at is not null
              order by consumed_at desc offset ${USED_TOKENS_KEPT - 1} limit 1)
        )
        select from used`,
      values: [
        tsid,
        sha256(value),
        sha256(successor.value),
        successor.sealed,
        refreshTokenLifespanMs,
        sessionLifespanMs,
      ],
    });
    return rowCount === 1;
  }

  async find({ value }: PresentedToken): Promise<KnownToken | undefined> {
    const { rows } = await this.database.query<KnownRow>({
      name: 'refresh-token-find',
      text: `select consumed_at is not null as "isUsed", ${columnsOf(['sealedSuccessor'])},
          coalesce(consumed_at > now() - $2 * interval '1 ms', false) as "isInGrace",
          ${SUCCESSOR_USED} as "isSuccessorUsed"
        from oidc_records token where model = 'RefreshToken' and id = $1`,
      values: [sha256(value), GRACE_MS],
    });
    const [row] = rows;
    if (row === undefined) return undefined;
    return { ...row, sealedSuccessor: row.sealedSuccessor ?? undefined };
  }

  /** @returns false when its session has ended, or its successor was used: then there is nothing to answer any more. */
  async markAnsweredAgain({ value }: PresentedToken): Promise<boolean> {
    const { rowCount } = await this.database.query({
      name: 'refresh-token-answered-again',
      text: `update oidc_records token set answered_again_at = now()
        where model = 'RefreshToken' and id = $1 and not ${SUCCESSOR_USED}`,
      values: [sha256(value)],
    });
    return rowCount === 1;
  }

  /** Open sessions of an account at a client whose current token was answered again, and not used since. */
  async unconfirmed(accountId: AccountId, clientId: string): Promise<readonly SessionId[]> {
    const { rows } = await this.database.query<RowOf<Session, 'tsid', { tsid: SessionId }>>({
      name: 'refresh-token-unconfirmed',
      text: `select tsid from sessions where account_id = $1 and client_id = $2 and closed_at is null
        and exists (select from oidc_records token where model = 'RefreshToken' and grant_id = sessions.tsid::text
          and answered_again_at is not null and not ${SUCCESSOR_USED})`,
      values: [accountId, clientId],
    });
    return rows.map(({ tsid }) => tsid);
  }
}
