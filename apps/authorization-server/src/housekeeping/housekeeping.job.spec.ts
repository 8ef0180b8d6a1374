import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Database } from '@gatehouse/persistence/database';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { z } from 'zod';
import { makeRoom } from '@gatehouse/persistence/room';
import { ATTEMPT_SWEEPS, EXPENDABLE_ATTEMPTS } from '../attempts/attempt.store.js';
import { clientSweep, EXPENDABLE_CLIENTS } from '../clients/client-expiry.store.js';
import { EXPENDABLE_RECORDS, RECORD_SWEEP } from '../oauth-endpoints/record-expiry.store.js';
import { SUCCESSOR_SWEEP } from '../refresh-tokens/refresh-token.store.js';
import { SESSION_SWEEP } from '../sessions/session.store.js';

const SWEEPS = [SUCCESSOR_SWEEP, RECORD_SWEEP, ...ATTEMPT_SWEEPS, SESSION_SWEEP, clientSweep(30 * DAY_MS)];

/** Enough that reading one table for each row of another stands out. */
const CLIENTS = 4_000;

const explained = z.tuple([
  z.object({
    'QUERY PLAN': z.tuple([
      z.object({ Plan: z.object({ 'Shared Hit Blocks': z.number(), 'Shared Read Blocks': z.number() }) }),
    ]),
  }),
]);

let database: TestDatabase;
let rows: Database;

beforeAll(async () => {
  database = await startTestDatabase('authorization-server');
  rows = new Database(
    { url: database.url, schema: database.schema, applicationName: 'spec' },
    new SilentLog(),
  );
  const fill = [
    // The worst case: a planner that knows nothing of the tables yet.
    ...['accounts', 'approvals', 'sessions', 'oidc_records'].map(
      (table) => `alter table ${table} set (autovacuum_enabled = false)`,
    ),
    `insert into accounts (id) select gen_random_uuid() from generate_series(1, ${CLIENTS})`,
    `insert into oidc_records (model, id, payload, created_at)
       select 'Client', 'client ' || n, jsonb_build_object('client_id', 'client-' || n), now() - interval '60 days'
       from generate_series(1, ${2 * CLIENTS}) n`,
    `insert into approvals (account_id, client_id, fingerprint)
       select id, 'client-' || row_number() over (), 'f' from accounts`,
    `insert into sessions (tsid, account_id, client_id, client_name, expires_at)
       select gen_random_uuid(), account_id, client_id, 'name', now() + interval '7 days' from approvals`,
  ];
  for (const [index, text] of fill.entries()) await rows.query({ name: `fill-${index}`, text });
});

afterAll(async () => {
  await rows.onApplicationShutdown();
  await database.close();
});

test('a flood of registrations does not make every sweep read all approvals for each client (work squared)', async () => {
  for (const { name, text } of SWEEPS) {
    const plan = await rows.query({
      name: `explain-${name}`,
      text: `explain (analyze, buffers, format json) ${text}`,
    });
    const [{ 'QUERY PLAN': root }] = explained.parse(plan.rows);
    const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = root[0].Plan;
    // Some pages of an index for each client, whatever else is in the tables.
    expect([name, hit + read < 5 * 2 * CLIENTS]).toEqual([name, true]);
  }
  const { rows: left } = await rows.query<{ count: string }>({
    name: 'left',
    text: 'select count(*) from oidc_records',
  });
  expect(Number(left[0]?.count)).toBe(CLIENTS);
});

describe('room for those who have signed in:', () => {
  const count = async (table: string): Promise<number> => {
    const { rows: found } = await rows.query<{ count: string }>({
      name: `count-${table}`,
      text: `select count(*) from ${table}`,
    });
    return Number(found[0]?.count);
  };
  const fill = async (text: string) => await rows.query({ name: text.slice(-60), text });

  test('a flood of sign-ins that nobody finishes is held to its bytes, the newest stay', async () => {
    await fill(`insert into attempts (id, state, created_at, expires_at)
      select 'attempt ' || n, jsonb_build_object('filled', repeat(md5(n::text), 30)), now() + n * interval '1 ms', now() + interval '1 hour'
      from generate_series(1, 12000) n`);
    expect(await makeRoom(rows, { ...EXPENDABLE_ATTEMPTS, maxBytes: 1_000_000_000 })).toBe(0);
    const dropped = await makeRoom(rows, { ...EXPENDABLE_ATTEMPTS, maxBytes: 1_000_000 });
    const left = await count('attempts');
    expect(dropped + left).toBe(12_000);
    expect(left).toBeGreaterThan(500);
    expect(left).toBeLessThan(1_100);
    expect(await count("attempts where id = 'attempt 12000'")).toBe(1);
    expect(await count("attempts where id = 'attempt 1'")).toBe(0);
  });

  test('a flood of browsers signs nobody out of theirs', async () => {
    await fill(`insert into oidc_records (model, id, payload, created_at)
      select 'Session', 'flood ' || n, '{"uid": "flood"}', now() from generate_series(1, 500) n`);
    await fill(`insert into oidc_records (model, id, payload, created_at)
      values ('Session', 'signed in', '{"uid": "mine", "accountId": "me"}', now() - interval '1 day')`);
    expect(await makeRoom(rows, { ...EXPENDABLE_RECORDS, maxBytes: 0 })).toBe(500);
    expect(await count("oidc_records where id = 'signed in'")).toBe(1);
    await fill(`delete from oidc_records where model = 'Session'`);
  });

  test('a flood of registrations takes no client away with which somebody has signed in, nor one that is just beginning', async () => {
    await fill(`insert into oidc_records (model, id, payload, created_at)
      select 'Client', 'flood ' || n, jsonb_build_object('client_id', 'flood-' || n), now() - interval '2 hours' from generate_series(1, 6000) n`);
    await fill(
      `insert into oidc_records (model, id, payload) values ('Client', 'new', '{"client_id": "new"}')`,
    );
    expect(await makeRoom(rows, { ...EXPENDABLE_CLIENTS, maxBytes: 0 })).toBe(6_000);
    expect(await count('oidc_records')).toBe(CLIENTS + 1);
  });
});
