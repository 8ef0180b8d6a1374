import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { Database, type Queries, type Statement } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { RevocationOutbox as Model } from '../generated/client.js';
import { z } from 'zod';
import { issuedTo } from '../backend-oauth/issued-to.js';
import { Keyring, revocationOwner } from '../keyring/keyring.js';
import type { RevocableToken } from '../providers/token-answer.js';

export interface DueRevocation {
  readonly id: string;
  readonly provider: string;
  readonly token: RevocableToken;
  readonly attempts: number;
}

const FIELDS = ['id', 'provider', 'token', 'attempts'] as const satisfies readonly (keyof Model)[];

/** One that is not done has its token. */
type SealedRevocation = RowOf<Model, (typeof FIELDS)[number], { token: Buffer }>;

/** The release before knows the token alone. It has no provider for which more is needed. */
const sealedToken = z.union([z.string(), z.strictObject({ token: z.string(), issuedTo })]);

/** While one replica tries, the others leave it alone for this long. */
const CLAIM_MS = 60_000;
const BATCH = 10;
const SET_ASIDE_MS = DAY_MS;
const GIVE_UP_AFTER_MS = 30 * DAY_MS;

/** What is done stays for a day, without its token. */
const EXPIRED: Statement = {
  name: 'revocation-sweep',
  text: `delete from revocation_outbox where done_at < now() - $1 * interval '1 ms'`,
  values: [DAY_MS],
};

/** Tokens that are to be revoked at their provider. */
@Injectable()
export class RevocationOutboxStore {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, [EXPIRED]));
  }

  async add(tx: Queries, provider: string, { token, issuedTo: to }: RevocableToken): Promise<void> {
    const id = randomUUID();
    await tx.query({
      name: 'revocation-add',
      text: 'insert into revocation_outbox (id, provider, token) values ($1, $2, $3)',
      values: [
        id,
        provider,
        this.keyring.seal(to === undefined ? token : { token, issuedTo: to }, revocationOwner(provider, id)),
      ],
    });
  }

  /** Takes what is due. A token that does not open is tried again a day later: its key may be back by then. */
  async claim(): Promise<readonly DueRevocation[]> {
    for (;;) {
      const claimed = await this.#claim();
      const due = claimed.flatMap(({ token: sealed, ...row }) => {
        const token = this.keyring.open(sealedToken, sealed, revocationOwner(row.provider, row.id));
        return token === undefined ? [] : [{ ...row, token: typeof token === 'string' ? { token } : token }];
      });
      const opened = new Set(due.map(({ id }) => id));
      const unopened = claimed.map(({ id }) => id).filter((id) => !opened.has(id));
      if (unopened.length > 0) await this.#setAside(unopened);
      if (due.length > 0 || claimed.length === 0) return due;
    }
  }

  async #setAside(ids: readonly string[]): Promise<void> {
    await this.database.query({
      name: 'revocation-set-aside',
      text: `update revocation_outbox set set_aside_at = coalesce(set_aside_at, now()), next_attempt_at = now() + $2 * interval '1 ms'
             where id = any($1)`,
      values: [ids, SET_ASIDE_MS],
    });
  }

  async #claim(): Promise<readonly SealedRevocation[]> {
    const { rows } = await this.database.query<SealedRevocation>({
      name: 'revocation-claim',
      text: `update revocation_outbox set attempts = attempts + 1, next_attempt_at = now() + $1 * interval '1 ms'
             where id in (select id from revocation_outbox where done_at is null and next_attempt_at <= now()
                          order by next_attempt_at limit ${BATCH} for update skip locked)
             returning ${columnsOf(FIELDS)}`,
      values: [CLAIM_MS],
    });
    return rows;
  }

  async done(id: string): Promise<void> {
    await this.database.query({
      name: 'revocation-done',
      text: 'update revocation_outbox set done_at = now(), token = null where id = $1',
      values: [id],
    });
  }

  /** Erases tokens that were tried for too long. @returns how many, by provider. */
  async giveUp(): Promise<readonly { readonly provider: string; readonly tokens: number }[]> {
    const { rows } = await this.database.query<{ provider: string; tokens: number }>({
      name: 'revocation-give-up',
      text: `with given_up as (
          update revocation_outbox set done_at = now(), token = null
          where done_at is null and set_aside_at is null and created_at < now() - $1 * interval '1 ms' returning provider
        ) select provider, count(*)::int as tokens from given_up group by provider`,
      values: [GIVE_UP_AFTER_MS],
    });
    return rows;
  }

  async retryIn(id: string, delayMs: number): Promise<void> {
    await this.database.query({
      name: 'revocation-retry',
      text: `update revocation_outbox set next_attempt_at = now() + $2 * interval '1 ms' where id = $1`,
      values: [id, delayMs],
    });
  }
}
