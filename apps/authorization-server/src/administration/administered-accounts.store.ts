import { Injectable } from '@nestjs/common';
import { Database, type Queries } from '@gatehouse/persistence/database';
import type { z } from 'zod';
import { AttemptStore } from '../attempts/attempt.store.js';
import type { account, exported } from './shapes.js';

type Account = z.input<typeof account>;
type Exported = z.input<typeof exported>;

interface AccountRow {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly createdAt: Date;
}

const COLUMNS = 'id, name, email, created_at as "createdAt"';

const plain = ({ id, createdAt, ...row }: AccountRow): Account => ({
  account: id,
  ...row,
  createdAt: createdAt.toISOString(),
});

/** As `sha256` of the kernel has it: records are kept under that. */
const DIGEST = `translate(rtrim(encode(sha256(convert_to(tsid::text, 'UTF8')), 'base64'), '='), '+/', '-_')`;

/** What the library keeps of an account. Each goes by an index: there may be millions of records of others. */
const RECORDS = [
  {
    name: 'administration-issued-delete',
    // The id of a session is the id of the grant for which codes and tokens are issued.
    text: `delete from oidc_records where grant_id in (select tsid::text from sessions where account_id = $1::uuid)`,
  },
  {
    name: 'administration-grants-delete',
    text: `delete from oidc_records
      where model = 'Grant' and id in (select ${DIGEST} from sessions where account_id = $1::uuid)`,
  },
  {
    name: 'administration-browsers-delete',
    text: `delete from oidc_records where model = 'Session' and payload->>'accountId' = $1`,
  },
  {
    name: 'administration-requests-delete',
    // The library keeps the account at several places of a request and its answer. Both kinds are short-lived, and few.
    text: `delete from oidc_records where model in ('Interaction', 'DeviceCode') and strpos(payload::text, $1) > 0`,
  },
] as const;

/** Accounts, as an administrator sees and ends them. */
@Injectable()
export class AdministeredAccounts {
  constructor(
    private readonly database: Database,
    private readonly attempts: AttemptStore,
  ) {}

  /** One more than `limit`, if there is one. */
  async list(limit: number, after: string | undefined): Promise<readonly Account[]> {
    const { rows } = await this.database.query<AccountRow>({
      name: 'administration-accounts',
      text: `select ${COLUMNS} from accounts where ($2::uuid is null or id > $2) order by id limit $1`,
      values: [limit + 1, after ?? null],
    });
    return rows.map(plain);
  }

  async find(id: string): Promise<Account | undefined> {
    const { rows } = await this.database.query<AccountRow>({
      name: 'administration-account',
      text: `select ${COLUMNS} from accounts where id = $1`,
      values: [id],
    });
    return rows.map(plain)[0];
  }

  async identities(id: string): Promise<Exported['identities']> {
    const { rows } = await this.database.query<{
      readonly provider: string;
      readonly subject: string;
      readonly name: string | null;
      readonly email: string | null;
      readonly linkedAt: Date;
    }>({
      name: 'administration-identities',
      text: `select provider, subject, name, email, linked_at as "linkedAt" from identities
        where account_id = $1 order by provider, subject`,
      values: [id],
    });
    return rows.map(({ linkedAt, ...row }) => ({ ...row, linkedAt: linkedAt.toISOString() }));
  }

  async approvals(id: string): Promise<Exported['approvals']> {
    const { rows } = await this.database.query<{ readonly client: string; readonly approvedAt: Date }>({
      name: 'administration-approvals',
      text: `select client_id as client, approved_at as "approvedAt" from approvals where account_id = $1 order by client_id`,
      values: [id],
    });
    return rows.map(({ client, approvedAt }) => ({ client, approvedAt: approvedAt.toISOString() }));
  }

  /** Ends what is on its way, at every browser and device of theirs. The outbox of attempts has to be woken after that. */
  async endWhatIsOnTheWay(id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.#endOnTheWay(tx, id);
    });
  }

  /**
   * Deletes the account with its identities, approvals and sessions. The row is locked first: a session that is being opened waits, and
   * then finds no account.
   * @returns false: a session is open, or the vault has not been told of one that has ended. Nothing was deleted.
   */
  async delete(id: string): Promise<boolean> {
    return await this.database.transaction(async (tx) => {
      await tx.query({
        name: 'administration-account-lock',
        text: 'select from accounts where id = $1 for update',
        values: [id],
      });
      const { rowCount } = await tx.query({
        name: 'administration-sessions-untold',
        text: 'select from sessions where account_id = $1 and announced_at is null limit 1',
        values: [id],
      });
      if (rowCount > 0) return false;
      await this.#endOnTheWay(tx, id);
      await tx.query({
        name: 'administration-account-delete',
        text: 'delete from accounts where id = $1',
        values: [id],
      });
      return true;
    });
  }

  async #endOnTheWay(tx: Queries, id: string): Promise<void> {
    for (const statement of RECORDS) await tx.query({ ...statement, values: [id] });
    await this.attempts.abandonOf(tx, id);
  }
}
