import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sha256 } from '@gatehouse/kernel/digest';
import { CHAIN_START, NOBODY, type CustodyEntry } from '@gatehouse/persistence/custody-log/custody-entry';
import { insertEntries } from '@gatehouse/testing/custody-rows';
import { Audited } from '../audit/audit.fixture.js';
import { Output } from '../output.js';
import { KeptText } from '../terminal.fixture.js';
import { explain } from './explain.js';

const PERSON = randomUUID();
const SESSION = randomUUID();
const CONNECTION = randomUUID();
const RELEASED = new Date('2026-11-27T03:00:00.000Z');

let audited: Audited;
let entries: readonly CustodyEntry[];

type Given = Pick<CustodyEntry, 'kind' | 'backend' | 'provider' | 'connectionId'>;

/** A chain with one entry for each. */
function chainOf(
  given: readonly Given[],
  { tsid, accountId } = { tsid: SESSION, accountId: PERSON },
): readonly CustodyEntry[] {
  const replicaId = randomUUID();
  let previousHash = CHAIN_START;
  return given.map((one, index) => {
    const entry = {
      ...one,
      replicaId,
      sequence: index + 1,
      at: RELEASED,
      tsid,
      accountId,
      fingerprint: audited.key.fingerprint(randomBytes(8).toString('hex')),
      keyId: audited.key.id,
      previousHash,
    };
    previousHash = audited.key.hash(entry);
    return { ...entry, hash: previousHash };
  });
}

beforeAll(async () => {
  audited = await Audited.start();
  const of = { provider: 'acme-sso', connectionId: CONNECTION };
  entries = chainOf([
    { kind: 'inject', backend: 'directory', ...of },
    { kind: 'exchange', backend: 'tickets', ...of },
    { kind: 'exchange', backend: 'tickets-self', provider: null, connectionId: null },
    { kind: 'inject', backend: 'directory', ...of },
  ]);
  const [, , , last] = entries;
  const altered = { ...last, at: new Date('2026-11-27T04:00:00.000Z') } as CustodyEntry;
  await insertEntries(audited.database.url, [...entries.slice(0, 3), altered]);
  await audited.admin(`
    insert into sessions (tsid, account_id, opened_at) values ('${SESSION}', '${PERSON}', now());
    insert into connections (id, account_id, provider, subject, scopes, tokens, access_obtained_at, attempt_id)
      values ('${CONNECTION}', '${PERSON}', 'acme-sso', 's', '{}', 'sealed-token', now(), 'a');
    insert into exchanged_tokens (key, backend, account_id, tsid, connection_id, version, token, obtained_at, expires_at, delete_after)
      values ('k1', 'tickets', '${PERSON}', null, '${CONNECTION}', 3, 'sealed-token', '2026-11-27T02:59:00Z', '2026-11-27T03:59:00Z', now()),
        ('k2', 'tickets', '${randomUUID()}', '${SESSION}', null, 9, 'sealed-token', '2026-11-27T02:58:00Z', '2026-11-27T03:58:00Z', now()),
        ('k3', 'tickets-self', '${PERSON}', '${SESSION}', null, 2, 'sealed-token', '2026-11-27T03:30:00Z', '2026-11-27T04:30:00Z', now())`);
}, 120_000);
afterAll(() => audited.close());

const lineOf = (index: number, more: object = {}): object => {
  const { replicaId = '', sequence = 0, backend = '', connectionId = null } = entries[index] ?? {};
  return {
    category: 'audit',
    event: 'call',
    request: `call-${index}`,
    session: sha256(SESSION),
    subject: PERSON,
    backend,
    original: 'whoami',
    ...(connectionId === null ? {} : { connection: connectionId, connectionVersion: 3 }),
    release: `${replicaId}:${sequence}`,
    ...more,
  };
};

async function explained(
  line: object,
  environment = audited.environment,
): Promise<Readonly<Record<string, string>>> {
  const file = join(audited.folder, 'vmcp-proxy.log');
  await writeFile(file, `${JSON.stringify(line)}\n`);
  const { request: what = '' } = line as { request?: string };
  const kept = new KeptText();
  const options = { what, config: audited.config, logs: [file], json: true };
  await explain(options, environment, new Output(kept));
  expect(kept.text).not.toContain('sealed-token');
  const [facts] = JSON.parse(kept.text) as readonly Readonly<Record<string, string>>[];
  return facts ?? {};
}

const placeOf = (index: number): string =>
  `entry ${index + 1} of chain ${entries[index]?.replicaId ?? 'none'}`;

test('a call is told with what was released, when, of which version of which connection, and that its entry is as it was written', async () => {
  expect(await explained(lineOf(0))).toMatchObject({
    connection: CONNECTION,
    version: '3',
    release: 'what acme-sso gave the person, at 2026-11-27T03:00:00.000Z',
    custody: `${placeOf(0)}: as it was written.`,
  });
});

test('of an exchange it is told when the token was issued, and nobody else’s', async () => {
  expect(await explained(lineOf(1))).toMatchObject({
    release: 'a token that was issued for the person’s of acme-sso, at 2026-11-27T03:00:00.000Z',
    exchange: 'version 3, issued 2026-11-27T02:59:00.000Z, good until 2026-11-27T03:59:00.000Z',
  });
  expect(await explained(lineOf(2))).toMatchObject({
    release: 'a token that was issued, without a provider’s, at 2026-11-27T03:00:00.000Z',
    exchange: 'its token is not kept any more: another one was issued since',
  });
});

test('a call of a client that came for itself is told of its entry, which names no session', async () => {
  const given = [{ kind: 'exchange', backend: 'reports', provider: null, connectionId: null }];
  const [entry] = chainOf(given, { tsid: NOBODY, accountId: NOBODY });
  if (entry === undefined) throw new Error('no entry');
  await insertEntries(audited.database.url, [entry]);
  const line = {
    ...lineOf(2),
    subject: 'nightly-report',
    backend: 'reports',
    release: `${entry.replicaId}:${entry.sequence}`,
  };
  const own = await explained({ ...line, session: undefined });
  expect(own['custody']).toBe(`entry 1 of chain ${entry.replicaId}: as it was written.`);
  // Whoever writes a log cannot name it as a person's.
  expect((await explained(line))['release']).toBeUndefined();
});

test('attack: an entry that was changed is said to be', async () => {
  expect((await explained(lineOf(3)))['custody']).toBe(
    `${placeOf(3)}: ALTERED. Its MAC is another one. See gatehouse audit verify.`,
  );
});

test.each([
  ['session', { session: sha256(randomUUID()) }],
  ['backend', { backend: 'tickets' }],
  ['connection', { connection: randomUUID() }],
])(
  'attack: a line with another %s than the entry that it names is shown nothing of it',
  async (_of, forged) => {
    const facts = await explained(lineOf(0, forged));
    expect(facts['custody']).toBe(`${placeOf(0)}: of another call. The line is not what was written.`);
    expect(facts['release']).toBeUndefined();
  },
);

test('an entry that is not there, and one that cannot be looked up, are said; the rest is explained all the same', async () => {
  const place = `${randomUUID()}:7`;
  const facts = await explained(lineOf(0, { release: place }));
  expect(facts['custody']).toMatch(/not in the database\. Its day is archived/);
  const blind = await explained(lineOf(0), {});
  expect(blind['custody']).toMatch(/not looked up\. .*TOKEN_VAULT_KEY_ENCRYPTION_KEY/);
  const away = { ...audited.environment, OWNER_URL: 'postgres://nobody:none@127.0.0.1:1/none' };
  expect((await explained(lineOf(0), away))['custody']).toMatch(/not looked up\. /);
  for (const one of [facts, blind]) expect(one['credential']).toBe('the person’s own token of acme-sso');
});

const CHAIN = '0e3c5b1a-6f0d-4f0a-8b7e-2d1f3c4b5a69';

test.each([
  'x',
  `${CHAIN}:0`,
  `${CHAIN}:1; drop table custody_log`,
  `${CHAIN}:99999999999`,
  7,
  `${'9'.repeat(40)}:1`,
])('attack: what is no place of an entry is not looked up: %s', async (release) => {
  expect((await explained(lineOf(0, { release })))['custody']).toBeUndefined();
});
