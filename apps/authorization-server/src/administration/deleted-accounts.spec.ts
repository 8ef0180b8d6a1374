import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { until } from '@gatehouse/testing/until';
import { AttemptStore } from '../attempts/attempt.store.js';
import { AdministrationWorld } from '../testing/administration-world.js';
import { shareWorld } from '../testing/service-world.js';
import { AdministeredAccounts } from './administered-accounts.store.js';

let api: AdministrationWorld;

shareWorld(
  () => AdministrationWorld.start(),
  (started) => (api = started),
);

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}

const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** Notes how the server goes about each statement of a transaction, before it runs. */
class ExplainedDatabase extends Database {
  readonly plans = new Map<string, readonly Plan[]>();

  override async transaction<Value>(work: (tx: Queries) => Promise<Value>): Promise<Value> {
    return await super.transaction(async (tx) =>
      work({
        query: async (statement) => {
          const { rows } = await tx.query<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>({
            ...statement,
            name: `explain-${statement.name}`,
            text: `explain (format json) ${statement.text}`,
          });
          this.plans.set(
            statement.name,
            rows.flatMap(({ 'QUERY PLAN': plans }) => plans.flatMap(({ Plan: plan }) => nodes(plan))),
          );
          return await tx.query(statement);
        },
      }),
    );
  }
}

async function leftOf(account: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await api.world.rows.query<Readonly<Record<string, number>>>({
    name: 'spec-left-of-account',
    text: `select (select count(*)::int from accounts where id = $1::uuid) as accounts,
      (select count(*)::int from identities where account_id = $1::uuid) as identities,
      (select count(*)::int from approvals where account_id = $1::uuid) as approvals,
      (select count(*)::int from sessions where account_id = $1::uuid) as sessions,
      (select count(*)::int from oidc_records where strpos(payload::text, $1::text) > 0) as records,
      (select count(*)::int from attempts where strpos(state::text, $1::text) > 0) as attempts`,
    values: [account],
  });
  return rows[0] ?? {};
}

const NOTHING = { accounts: 0, identities: 0, approvals: 0, sessions: 0, records: 0, attempts: 0 };

test('an account is deleted among any number of records of others: none of its statements reads them all', async () => {
  await api.world.rows.transaction(async (tx) => {
    // It takes as long as the machine needs for it.
    await tx.query({ name: 'spec-no-hurry', text: 'set local statement_timeout = 0' });
    await tx.query({
      name: 'spec-many-records',
      text: `insert into oidc_records (model, id, payload, grant_id)
        select case when n % 20 = 0 then 'Grant' else 'RefreshToken' end, 'of-others-' || n,
          jsonb_build_object('accountId', gen_random_uuid(), 'claims', repeat('x', 200)),
          case when n % 20 > 0 then gen_random_uuid()::text end
        from generate_series(1, 20000) as n`,
    });
    await tx.query({ name: 'spec-analyze', text: 'analyze oidc_records' });
  });
  const { account } = await api.signedIn('among-many');
  const { databaseUrl: url } = api.service.config;
  const database = new ExplainedDatabase(
    { url, schema: schemaOf('authorization-server'), applicationName: 'spec' },
    new SilentLog(),
  );
  try {
    await new AdministeredAccounts(database, api.service.app.get(AttemptStore)).endWhatIsOnTheWay(account);
  } finally {
    await database.onApplicationShutdown();
  }
  const records = [...database.plans].filter(([, plan]) =>
    plan.some(({ 'Relation Name': table }) => table === 'oidc_records'),
  );
  expect(records.length).toBeGreaterThan(0);
  for (const [name, plan] of records)
    expect([
      name,
      plan.filter(
        ({ 'Node Type': type, 'Relation Name': table }) => type === 'Seq Scan' && table === 'oidc_records',
      ),
    ]).toEqual([name, []]);
  expect(await leftOf(account)).toMatchObject({ accounts: 1, records: 0 });
});

test('a sign-in that is under way for the account is given up in the vault as well', async () => {
  const browser = api.service.browser();
  const { answer } = await api.service.tokens('under-way', browser);
  const account = api.accountOf(answer);
  await api.service.approvalPage(browser);
  const { rows } = await api.world.rows.query<{ readonly id: string }>({
    name: 'spec-attempts-of-account',
    text: `select id from attempts where state#>>'{person,accountId}' = $1 and not state ? 'answered'`,
    values: [account],
  });
  expect(rows).toHaveLength(1);
  const { status } = await api.call(`/accounts/${account}`, {
    method: 'DELETE',
    token: await api.token(),
    at: api.replica,
  });
  expect(status).toBe(204);
  for (const { id } of rows) await until(() => api.service.vault.discarded.includes(id));
  expect(await leftOf(account)).toEqual(NOTHING);
});

test('an account that is named in upper case is the same account: it is deleted whole', async () => {
  const browser = api.service.browser();
  const { clientId, answer } = await api.service.tokens('upper-case', browser);
  const account = api.accountOf(answer);
  await api.service.approvalPage(browser);
  const path = `/accounts/${account.toUpperCase()}`;
  const token = await api.token();
  const { body } = await api.call(`${path}/export`, { token });
  expect(body['connections']).toHaveLength(3);
  expect((await api.call(path, { method: 'DELETE', token })).status).toBe(204);
  expect(await leftOf(account)).toEqual(NOTHING);
  expect([...api.service.vault.connections].filter((one) => one.startsWith(account))).toEqual([]);
  expect((await api.service.refresh(clientId, answer.refresh_token ?? '')).status).toBe(400);
});
