import { randomUUID } from 'node:crypto';
import { sha256 } from '@gatehouse/kernel/digest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ANONYMOUS, StoredInstallation } from '../stored-installation.fixture.js';

let stored: StoredInstallation;
beforeAll(async () => {
  stored = await StoredInstallation.start();
});
afterAll(() => stored.close());

beforeEach(async () => {
  await stored.query('authorization-server', 'delete from accounts');
  await stored.query('token-vault', 'delete from connections');
  await stored.query('token-vault', 'delete from sessions');
});

const refused = async (...args: readonly string[]): Promise<readonly [number, string]> => {
  const { code, stderr } = await stored.patiently(args);
  return [code, stderr];
};
const json = async <Document>(...args: readonly string[]): Promise<Document> => {
  const { code, stdout, stderr } = await stored.patiently([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Document;
};
const lines = async (...args: readonly string[]): Promise<readonly string[]> => {
  const { code, stdout, stderr } = await stored.patiently(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
};

const hex = (tsid: string): string => Buffer.from(sha256(tsid), 'base64url').toString('hex');

describe('gatehouse sessions', () => {
  test('nobody is signed in', async () => {
    expect(await lines('sessions')).toEqual(['Nobody is signed in.']);
    expect(await json('sessions')).toEqual({ sessions: [], total: 0 });
  });

  test('a session that was closed, or has ended, is none', async () => {
    const account = await stored.person({ name: 'Alice' });
    const [open, closed, late] = [
      await stored.session(account),
      await stored.session(account),
      await stored.session(account),
    ];
    await stored.query('authorization-server', 'update sessions set closed_at = now() where tsid = $1', [
      closed,
    ]);
    await stored.query(
      'authorization-server',
      `update sessions set expires_at = now() - interval '1 s' where tsid = $1`,
      [late],
    );
    expect(await json('sessions')).toMatchObject({ sessions: [{ session: hex(open) }], total: 1 });
  });

  test('people are called by their mail address, else their name, else their account', async () => {
    const accounts = [
      await stored.person({ name: 'Alice', email: 'alice@acme.example' }),
      await stored.person({ name: 'Bob' }),
      await stored.person(),
    ];
    for (const account of accounts) await stored.session(account);
    const people = (await lines('sessions')).slice(1).map((line) => line.split(/ {2,}/)[1]);
    expect(people.sort()).toEqual(['Bob', 'alice@acme.example', accounts[2]].sort());
  });

  test('attack: what a person calls themself moves no cursor, and is no longer than a cell', async () => {
    await stored.session(await stored.person({ name: `\u001b[2J\u202eevil${'x'.repeat(100)}` }), {
      clientName: 'nice\u0007client',
    });
    const [, line = ''] = await lines('sessions');
    for (const sign of ['\u001b', '\u0007', '\u202e']) expect(line).not.toContain(sign);
    expect(line).toMatch(/ \[2Jevilx+… {2}/);
    expect(line).toContain('nice client');
    const { stdout } = await stored.patiently(['sessions', '--json']);
    expect(stdout).not.toContain('\u202e');
    expect(stdout).toContain(String.raw`\u202e`);
  });

  test('of one person: by mail address in any case, name, subject or id', async () => {
    const alice = await stored.person({ name: 'Alice', email: 'Alice@Acme.example', subject: 'acme-a' });
    const tsid = await stored.session(alice);
    await stored.session(await stored.person({ name: 'Bob' }));
    for (const words of ['alice@acme.EXAMPLE', 'Alice', 'acme-a', alice, alice.toUpperCase()])
      expect(await json('sessions', '--account', words)).toMatchObject({
        sessions: [{ session: hex(tsid) }],
        total: 1,
      });
    expect(await refused('sessions', '--account', 'Carol')).toEqual([
      1,
      expect.stringContaining('No account is called Carol. See who is signed in'),
    ]);
  });

  test('attack: somebody who is called by the id of another account is not taken for it', async () => {
    const alice = await stored.person({ name: 'Alice' });
    await stored.session(await stored.person({ name: alice }));
    expect(await json('sessions', '--account', alice)).toEqual({ sessions: [], total: 0 });
  });

  test('end: of two people with one name nobody is signed out, and both ids are said', async () => {
    const both = [await stored.person({ name: 'Alice' }), await stored.person({ name: 'Alice' })];
    for (const account of both) await stored.session(account);
    const [code, stderr] = await refused('sessions', 'end', '--account', 'Alice');
    expect(code).toBe(1);
    expect(stderr).toContain('2 accounts are called Alice. Name one by its id: --account');
    for (const account of both) expect(stderr).toContain(account);
    expect(await json('sessions')).toMatchObject({ total: 2 });
  });

  test('end: those of a person who has none is no error', async () => {
    await stored.person({ name: 'Alice' });
    expect(await lines('sessions', 'end', '--account', 'Alice')).toEqual(['No session was open.']);
  });

  test('end: by the beginning of what the list shows; what fits several ends none', async () => {
    const account = await stored.person({ name: 'Alice' });
    const tsid = await stored.session(account, { clientName: 'an editor' });
    await stored.session(account);
    expect(await refused('sessions', 'end', 'f'.repeat(64))).toEqual([
      1,
      expect.stringContaining('No open session begins with ffff'),
    ]);
    const said = await lines('sessions', 'end', hex(tsid).slice(0, 12));
    expect(said[0]).toBe(`Ended ${hex(tsid).slice(0, 12)}: Alice, an editor`);
    expect(said[1]).toContain('The authorization server does not run, or is late');
    expect(await json('sessions')).toMatchObject({ total: 1 });
    expect(
      await stored.query(
        'authorization-server',
        'select close_reason from sessions where closed_at is not null',
      ),
    ).toEqual([{ close_reason: 'revoked' }]);
  });
});

describe('gatehouse connections', () => {
  test('nobody is connected', async () => {
    expect(await lines('connections')).toEqual(['Nobody is connected to a provider.']);
    expect(await json('connections')).toEqual({ connections: [], total: 0 });
  });

  test('says what needs its person, and what cannot be opened', async () => {
    const alice = await stored.person({ name: 'Alice' });
    const tsid = randomUUID();
    const live = await stored.connection(alice, { email: 'a@octo.example', tsid });
    const lacking = await stored.connection(alice, {
      provider: 'acme-sso',
      subject: 'acme-a',
      lackingScopes: ['calendar'],
    });
    const aside = await stored.connection(await stored.person(), { isSetAside: true, name: 'octo-b' });
    const listed = await lines('connections');
    const of = (id: string): readonly string[] =>
      listed.find((line) => line.startsWith(id))?.split(/ {2,}/) ?? [];
    expect(of(live).slice(1, 5)).toEqual(['Alice', 'octo', 'a@octo.example', 'live']);
    // The subject, where the provider told nothing else.
    expect(of(lacking).slice(2, 4)).toEqual(['acme-sso', 'acme-a']);
    expect(of(aside).slice(3, 5)).toEqual(['octo-b', 'set aside']);
    const { connections } = await json<{ readonly connections: readonly { readonly connection: string }[] }>(
      'connections',
    );
    expect(connections.find(({ connection }) => connection === lacking)).toMatchObject({
      lackingScopes: ['calendar'],
      sessions: 0,
      expires: null,
      refreshed: null,
      refreshToken: null,
      rotates: null,
      audiences: [],
    });
    expect(connections.find(({ connection }) => connection === live)).toMatchObject({ sessions: 1 });
    expect(connections.find(({ connection }) => connection === aside)).toMatchObject({ setAside: true });
  });

  test('of an account that is gone: its id stands for its person', async () => {
    const gone = randomUUID();
    const id = await stored.connection(gone);
    expect((await lines('connections'))[1]).toContain(gone);
    expect(await json('connections')).toMatchObject({
      connections: [{ connection: id, account: { id: gone, name: null, email: null } }],
    });
  });

  test('of one provider, and no more than asked for', async () => {
    for (const provider of ['octo', 'octo', 'acme-sso'])
      await stored.connection(await stored.person(), { provider });
    expect(await json('connections', '--provider', 'octo')).toMatchObject({ total: 2 });
    const listed = await lines('connections', '--limit', '1');
    expect(listed.at(-1)).toBe('2 more. See all of them: --limit 3');
  });

  test('a limit that shows nothing is refused, and the limit that a list proposes is taken', async () => {
    await stored.connection(await stored.person());
    for (const limit of ['0', '-1', '1e3', ''])
      expect(await refused('connections', '--limit', limit)).toEqual([
        64,
        expect.stringContaining('Not a whole number from 1 on'),
      ]);
    expect(await json('connections', '--limit', '1000000')).toMatchObject({ total: 1 });
  });

  test('of a provider that nobody has: what is mistyped is told from what is empty', async () => {
    expect(await lines('connections', '--provider', 'octo')).toEqual(['Nobody is connected to octo.']);
    expect(await lines('connections', '--provider', 'octa')).toEqual([
      'Nobody is connected to octa. The configuration has no such provider; it has acme-sso, octo.',
    ]);
  });

  test('where callers sign in elsewhere, nobody is looked up', async () => {
    const account = randomUUID();
    await stored.connection(account);
    const config = await stored.write('anonymous.yaml', ANONYMOUS);
    const { code, stdout } = await stored.patiently(['connections', '--json'], {}, config);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { connections: [{ account: { id: account, name: null } }], total: 1 },
    ]);
    const { code: refusedWith, stderr } = await stored.patiently(
      ['connections', '--account', 'x'],
      {},
      config,
    );
    expect([refusedWith, stderr]).toEqual([
      1,
      expect.stringContaining('The gateway demo has no authorization server'),
    ]);
  });

  test('revoke: either one connection or those of an account', async () => {
    const both = ['connections', 'revoke', 'abcdef01', '--account', 'Alice'];
    expect(await refused(...both)).toEqual([64, expect.stringContaining('Say which')]);
  });

  test('revoke: what is no beginning of an id, fits nothing or fits several revokes nothing', async () => {
    const beginning = '0123abcd-0000-4000-8000-00000000000';
    for (const end of ['1', '2'])
      await stored.connection(await stored.person(), { id: `${beginning}${end}` });
    for (const [typed, said] of [
      ['0123', 'There is no connection 0123.'],
      ["0123abcd'--", "There is no connection 0123abcd'--."],
      ['ffffffff', 'There is no connection ffffffff. See which there are: gatehouse connections'],
      ['0123abcd', 'Several connections begin with 0123abcd. Give the whole id'],
    ] as const)
      expect(await refused('connections', 'revoke', typed)).toEqual([1, expect.stringContaining(said)]);
  });
});
