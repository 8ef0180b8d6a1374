import { Injectable } from '@nestjs/common';
import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import type { AccountId } from '@gatehouse/kernel/ids';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { Identity as Model } from '../generated/client.js';
import { Rows } from '../rows/rows.store.js';

export interface Account {
  readonly accountId: AccountId;
  readonly name?: string;
  readonly email?: string;
}

/** Who a person is at a provider, as the provider said in this attempt. */
export interface ProvenIdentity {
  readonly provider: string;
  readonly identity: UpstreamIdentity;
}

export interface Settlement {
  readonly accountId: AccountId;
  /** The account has no row yet. */
  readonly isNew: boolean;
  /** The identity that decided the account; absent when the browser session named it. */
  readonly primary?: ProvenIdentity;
  readonly others: readonly ProvenIdentity[];
}

export type Settled =
  | { readonly kind: 'settled'; readonly accountId: AccountId }
  /** The identity belongs to another account, and nothing was written. */
  | { readonly kind: 'identity_taken'; readonly provider: string };

class IdentityTaken extends Error {
  constructor(readonly provider: string) {
    super('the identity belongs to another account');
  }
}

@Injectable()
export class AccountStore {
  constructor(
    private readonly rows: Rows,
    private readonly database: Database,
  ) {}

  async find(accountId: string): Promise<Account | undefined> {
    const row = await this.rows.account.findUnique({ where: { id: accountId } });
    if (row === null) return undefined;
    return {
      accountId: row.id as AccountId, // ids of accounts are minted by newAccountId only
      ...(row.name === null ? {} : { name: row.name }),
      ...(row.email === null ? {} : { email: row.email }),
    };
  }

  /** What a page calls the account's owner. */
  async nameOf(accountId: AccountId): Promise<string> {
    const account = await this.find(accountId);
    return account?.name ?? account?.email ?? accountId;
  }

  /** @returns the account that an identity belongs to. */
  async ownerOf(provider: string, subject: string): Promise<AccountId | undefined> {
    return await ownerOf(this.database, provider, subject);
  }

  /**
   * Writes who signed in, all or nothing: the account if it is new, and the identities proven in this attempt. When one
   * person signs in for the first time twice at once, both get one account: the later sign-in finds the identity taken by
   * the earlier one, and goes on as that account.
   */
  async settle(settlement: Settlement): Promise<Settled> {
    try {
      return await this.database.transaction(async (tx) => {
        const accountId = await this.#account(tx, settlement);
        for (const proven of settlement.others) await link(tx, accountId, proven);
        return { kind: 'settled', accountId };
      });
    } catch (error) {
      if (error instanceof IdentityTaken) return { kind: 'identity_taken', provider: error.provider };
      throw error;
    }
  }

  async #account(tx: Queries, { accountId, isNew, primary }: Settlement): Promise<AccountId> {
    if (primary === undefined) return accountId;
    const { provider, identity } = primary;
    if (isNew)
      await tx.query({
        name: 'account-insert',
        text: 'insert into accounts (id) values ($1) on conflict do nothing',
        values: [accountId],
      });
    await insertIdentity(tx, accountId, primary);
    const owner = (await ownerOf(tx, provider, identity.subject)) ?? accountId;
    if (owner !== accountId && !isNew) throw new IdentityTaken(provider);
    if (owner !== accountId)
      await tx.query({
        name: 'account-remove',
        text: 'delete from accounts where id = $1',
        values: [accountId],
      });
    await tx.query({
      name: 'account-describe',
      text: 'update accounts set name = $2, email = $3 where id = $1',
      values: [owner, identity.name ?? null, identity.email ?? null],
    });
    return owner;
  }
}

async function link(tx: Queries, accountId: AccountId, proven: ProvenIdentity): Promise<void> {
  await insertIdentity(tx, accountId, proven);
  const owner = await ownerOf(tx, proven.provider, proven.identity.subject);
  if (owner !== accountId) throw new IdentityTaken(proven.provider);
}

async function insertIdentity(
  tx: Queries,
  accountId: AccountId,
  { provider, identity }: ProvenIdentity,
): Promise<void> {
  await tx.query({
    name: 'identity-insert',
    text: `insert into identities (provider, subject, account_id, name, email) values ($1, $2, $3, $4, $5)
      on conflict (provider, subject) do update set name = excluded.name, email = excluded.email
      where identities.account_id = excluded.account_id`,
    values: [provider, identity.subject, accountId, identity.name ?? null, identity.email ?? null],
  });
}

async function ownerOf(queries: Queries, provider: string, subject: string): Promise<AccountId | undefined> {
  const { rows } = await queries.query<RowOf<Model, 'accountId', { accountId: AccountId }>>({
    name: 'identity-owner',
    text: `select ${columnsOf(['accountId'])} from identities where provider = $1 and subject = $2`,
    values: [provider, subject],
  });
  return rows[0]?.accountId;
}
