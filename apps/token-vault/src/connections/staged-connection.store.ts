import { Injectable } from '@nestjs/common';
import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AccountId, AttemptId } from '@gatehouse/kernel/ids';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { StagedConnection as Model } from '../generated/client.js';
import type { PossiblySame } from './account-bound.js';
import { DiscardedAttemptStore } from './discarded-attempt.store.js';
import { Keyring, stagedAnswerOwner, stagedOwner } from '../keyring/keyring.js';
import { issuedAtOf, providerSessionOf } from '../providers/provider-session.js';
import {
  revocableOf,
  tokenSet,
  type AcceptedTokens,
  type RevocableToken,
  type TokenAnswer,
  type TokenSet,
} from '../providers/token-answer.js';

const STAGED_LIFETIME_MS = 30 * MINUTE_MS;

export interface StagedKey {
  readonly attemptId: AttemptId;
  readonly provider: string;
}

export interface ValidatedAnswer {
  readonly identity: UpstreamIdentity;
  readonly accepted: AcceptedTokens;
}

export interface StagedConnection extends StagedKey, UpstreamIdentity {
  readonly tokens: TokenSet;
  readonly scopes: readonly string[];
  readonly accessObtainedAt: Date;
  readonly accessExpiresAt: Date | null;
}

export interface DiscardedGrant {
  readonly provider: string;
  /** Absent: the answer was never validated. */
  readonly subject: string | undefined;
  /** Absent: it was never validated, or does not open. */
  readonly token: RevocableToken | undefined;
}

const FIELDS = [
  'attemptId',
  'provider',
  'sealed',
  'subject',
  'name',
  'email',
  'scopes',
  'accessObtainedAt',
  'accessExpiresAt',
] as const satisfies readonly (keyof Model)[];

/** A validated one has a subject. */
type StagedRow = RowOf<Model, (typeof FIELDS)[number], { attemptId: AttemptId; subject: string }>;

type DiscardedRow = RowOf<Model, 'provider' | 'sealed' | 'subject'>;

/** A staged answer does not open any more: the user has to visit the provider again. */
class StagedDoesNotOpen extends GatehouseError {
  constructor(readonly row: StagedKey & Pick<StagedRow, 'sealed'>) {
    const { provider } = row;
    super('connection_missing', `what ${provider} answered does not open`, { details: { provider } });
  }
}

/** The providers' answers in an attempt whose account is not known yet. They are sealed for the attempt and live briefly. */
@Injectable()
export class StagedConnectionStore {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly discarded: DiscardedAttemptStore,
  ) {}

  /**
   * Keeps the answer as it came; it is worth nothing until {@link StagedConnectionStore.accept}.
   * @returns a value that names this very answer, since a later one may replace it; `undefined` when the attempt has been
   * discarded and nothing is kept.
   */
  async keep(key: StagedKey, accountId: AccountId | null, answer: TokenAnswer): Promise<Buffer | undefined> {
    const sealed = this.keyring.seal(answer, stagedAnswerOwner(key.attemptId, key.provider));
    return await this.database.transaction(async (tx) => {
      if (await this.discarded.has(tx, key.attemptId)) return undefined;
      await tx.query({
        name: 'staged-keep',
        text: `insert into staged_connections (attempt_id, provider, account_id, state, sealed, access_obtained_at, expires_at)
               values ($1, $2, $3, 'answered', $4, $5, now() + $6 * interval '1 ms')
               on conflict (attempt_id, provider) do update set account_id = excluded.account_id, state = 'answered',
                 sealed = excluded.sealed, subject = null, name = null, email = null, scopes = '{}',
                 access_obtained_at = excluded.access_obtained_at, access_expires_at = null, expires_at = excluded.expires_at,
                 set_aside_at = null, provider_session = null, signed_in_at = null`,
        values: [
          key.attemptId,
          key.provider,
          accountId,
          sealed,
          new Date(answer.receivedAtMs),
          STAGED_LIFETIME_MS,
        ],
      });
      return sealed;
    });
  }

  /** Marks the answer as validated. @returns false when it was discarded or replaced meanwhile. */
  async accept(key: StagedKey, kept: Buffer, { identity, accepted }: ValidatedAnswer): Promise<boolean> {
    const { rowCount } = await this.database.query({
      name: 'staged-accept',
      text: `update staged_connections set state = 'validated', sealed = $3, subject = $4, name = $5, email = $6, scopes = $7,
               access_obtained_at = $8, access_expires_at = $9, provider_session = $11, signed_in_at = $12
             where attempt_id = $1 and provider = $2 and sealed = $10`,
      values: [
        key.attemptId,
        key.provider,
        this.keyring.seal(accepted.tokens, stagedOwner(key.attemptId, key.provider)),
        identity.subject,
        identity.name ?? null,
        identity.email ?? null,
        accepted.scopes,
        new Date(accepted.obtainedAtMs),
        accepted.expiresAtMs === undefined ? null : new Date(accepted.expiresAtMs),
        kept,
        providerSessionOf(key.provider, accepted.tokens),
        issuedAtOf(accepted.tokens),
      ],
    });
    return rowCount === 1;
  }

  /** Deletes the answer that was kept. A later one in its place stays. */
  async drop(tx: Queries, key: StagedKey, kept: Buffer): Promise<void> {
    await tx.query({
      name: 'staged-drop',
      text: 'delete from staged_connections where attempt_id = $1 and provider = $2 and sealed = $3',
      values: [key.attemptId, key.provider, kept],
    });
  }

  /**
   * Takes what was validated, in order of provider names. A leg that was begun for another account is left alone, and
   * so is one that was answered as another subject: two answers may have raced for their place.
   * @param subjects by provider; nothing else is taken
   */
  async take(
    tx: Queries,
    attemptId: AttemptId,
    accountId: AccountId,
    subjects: Readonly<Record<string, string>>,
  ): Promise<readonly StagedConnection[]> {
    const { rows } = await tx.query<StagedRow>({
      name: 'staged-take',
      text: `delete from staged_connections where attempt_id = $1 and state = 'validated' and expires_at > now()
               and (account_id is null or account_id = $2)
               and (provider, subject) in (select * from unnest($3::text[], $4::text[]))
             returning ${columnsOf(FIELDS)}`,
      values: [attemptId, accountId, Object.keys(subjects), Object.values(subjects)],
    });
    return rows
      .map((row) => this.#opened(row))
      .sort((left, right) => (left.provider < right.provider ? -1 : 1));
  }

  /** What was validated of a leg, as that subject. It stays where it is. @throws {GatehouseError} `connection_missing` when it does not open */
  async validated(
    { attemptId, provider }: StagedKey,
    subject: string,
  ): Promise<StagedConnection | undefined> {
    const { rows } = await this.database.query<StagedRow>({
      name: 'staged-validated',
      text: `select ${columnsOf(FIELDS)} from staged_connections
             where attempt_id = $1 and provider = $2 and subject = $3 and state = 'validated' and expires_at > now()`,
      values: [attemptId, provider, subject],
    });
    return rows[0] && this.#opened(rows[0]);
  }

  /** Attempts that were abandoned: everything that they staged has expired. */
  async expiredAttempts(): Promise<readonly AttemptId[]> {
    const { rows } = await this.database.query<{ attemptId: AttemptId }>({
      name: 'staged-expired',
      text: `select attempt_id as "attemptId" from staged_connections group by attempt_id having max(expires_at) < now() limit 100`,
    });
    return rows.map(({ attemptId }) => attemptId);
  }

  /** @throws {GatehouseError} `attempt_unknown` when it was discarded, or a leg of it was begun for somebody else. */
  async refuseForeign(tx: Queries, attemptId: AttemptId, accountId: AccountId): Promise<void> {
    await this.discarded.refuse(tx, attemptId);
    const { rows } = await tx.query({
      name: 'staged-for-another',
      text: 'select 1 from staged_connections where attempt_id = $1 and account_id <> $2 limit 1',
      values: [attemptId, accountId],
    });
    if (rows.length > 0)
      throw new GatehouseError('attempt_unknown', 'the attempt was begun for another account');
  }

  /** Whether anybody is about to be connected as this subject, or as one that may be the same person. */
  async hasSubject(tx: Queries, provider: string, same: PossiblySame): Promise<boolean> {
    const { rows } = await tx.query({
      name: 'staged-has-subject',
      text: `select 1 from staged_connections
             where provider = $1 and (subject = $2 or subject is not null and (starts_with(subject, $3) or $4))
               and ($5::uuid is null or account_id is null or account_id = $5) limit 1`,
      values: [provider, same.subject, same.unknown, same.anybody, same.accountId],
    });
    return rows.length > 0;
  }

  /**
   * Whether another answer took the place of one of this leg: it is likely to be the same person's.
   * @param subject of the one that was replaced; a validated answer of somebody else does not count
   */
  async isAnsweredAgain(
    tx: Queries,
    { attemptId, provider }: StagedKey,
    subject: string | undefined,
  ): Promise<boolean> {
    const { rows } = await tx.query({
      name: 'staged-answered-again',
      text: `select 1 from staged_connections
             where attempt_id = $1 and provider = $2 and (state = 'answered' or $3)`,
      values: [attemptId, provider, subject === undefined],
    });
    return rows.length > 0;
  }

  /**
   * Deletes what the attempt staged. An answer that nobody has judged is nobody's to give back: it may be of a grant that
   * works. Whoever judges it at this moment does that.
   * @returns the grants, with the tokens that end them.
   */
  async discard(
    tx: Queries,
    attemptId: AttemptId,
    which: 'all' | 'expired',
  ): Promise<readonly DiscardedGrant[]> {
    const { rows } = await tx.query<DiscardedRow>({
      name: 'staged-discard',
      text: `delete from staged_connections where attempt_id = $1 and ($2 = 'all' or expires_at < now())
             returning provider, subject, sealed`,
      values: [attemptId, which],
    });
    return rows.map((row) => this.#discarded(attemptId, row));
  }

  /** Deletes one validated answer. @returns the grant; `undefined` when it is not there any more. */
  async discardOne(tx: Queries, { attemptId, provider }: StagedKey): Promise<DiscardedGrant | undefined> {
    const { rows } = await tx.query<DiscardedRow>({
      name: 'staged-discard-one',
      text: `delete from staged_connections where attempt_id = $1 and provider = $2 and state = 'validated'
             returning provider, subject, sealed`,
      values: [attemptId, provider],
    });
    return rows.map((row) => this.#discarded(attemptId, row))[0];
  }

  /** Runs work that takes staged rows. A row that does not open undoes the work, and is marked. */
  async orSetAside<Value>(taking: () => Promise<Value>): Promise<Value> {
    try {
      return await taking();
    } catch (error) {
      if (error instanceof StagedDoesNotOpen)
        await this.database.query({
          name: 'staged-set-aside',
          text: 'update staged_connections set set_aside_at = now() where attempt_id = $1 and provider = $2 and sealed = $3',
          values: [error.row.attemptId, error.row.provider, error.row.sealed],
        });
      throw error;
    }
  }

  #discarded(attemptId: AttemptId, { provider, subject, sealed }: DiscardedRow): DiscardedGrant {
    const tokens = subject === null ? undefined : this.#tokens({ attemptId, provider }, sealed);
    return { provider, subject: subject ?? undefined, token: tokens && revocableOf(tokens) };
  }

  #tokens({ attemptId, provider }: StagedKey, sealed: Buffer): TokenSet | undefined {
    return this.keyring.open(tokenSet, sealed, stagedOwner(attemptId, provider));
  }

  #opened({ sealed, name, email, ...row }: StagedRow): StagedConnection {
    const { attemptId, provider } = row;
    const tokens = this.#tokens(row, sealed);
    if (tokens === undefined) throw new StagedDoesNotOpen({ attemptId, provider, sealed });
    return {
      ...row,
      ...(name === null ? {} : { name }),
      ...(email === null ? {} : { email }),
      tokens,
    };
  }
}
