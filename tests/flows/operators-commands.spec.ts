import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { until } from '@gatehouse/testing/until';
import type { World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { signedIn, wrongCalls, type SignedIn } from '../support/callers.js';
import { inAuthorizationServer, inVault } from '../support/database.js';
import { OperatedWorld, TIME } from '../support/operated-world.js';

let operated: OperatedWorld;
let world: World;
let people: Readonly<Record<'alice' | 'aliceAgain' | 'bob' | 'carol', SignedIn>>;

beforeAll(async () => {
  operated = await OperatedWorld.start();
  ({ world } = operated);
  people = {
    alice: await signedIn(world, 'alice'),
    aliceAgain: await signedIn(world, 'alice'),
    bob: await signedIn(world, 'bob'),
    carol: await signedIn(world, 'carol'),
  };
  expect(await wrongCalls(world.mcpUrl, Object.values(people))).toEqual([]);
});
afterAll(() => operated.close());

const run: OperatedWorld['run'] = async (...args) => await operated.run(...args);
const json = async <Document>(...args: readonly string[]): Promise<Document> =>
  await operated.json<Document>(...args);

/** A busy machine takes its time; what never happens is found all the same. */
const PATIENCE_MS = 240_000;

interface Sessions {
  readonly sessions: readonly {
    readonly session: string;
    readonly audited: string;
    readonly account: { readonly id: string };
    readonly client: { readonly id: string };
    readonly connections: number;
  }[];
  readonly total: number;
}

interface Connections {
  readonly connections: readonly {
    readonly connection: string;
    readonly provider: string;
    readonly there: { readonly subject: string };
    readonly state: string;
  }[];
  readonly total: number;
}

const sessionOf = async ({ client }: SignedIn): Promise<string> => {
  const { sessions } = await json<Sessions>('sessions');
  return sessions.find((one) => one.client.id === client.clientId)?.session ?? 'none';
};

/** What the vault and the proxies call the session by; nobody else is to see it. */
const tsidOf = ({ accessToken }: SignedIn): string => {
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as {
    readonly tsid: string;
  };
  return claims.tsid;
};

const status = async ({ accessToken }: SignedIn): Promise<number> =>
  (await modernRequest(world.mcpUrl, accessToken, 'tools/list')).status;

describe('gatehouse sessions', () => {
  test('lists who is signed in with which client, and shows neither a session nor a token', async () => {
    const listed = await json<Sessions>('sessions');
    expect(listed.total).toBe(4);
    const bobs = listed.sessions.find(({ client }) => client.id === people.bob.client.clientId);
    expect(bobs).toEqual({
      session: expect.stringMatching(/^[0-9a-f]{64}$/),
      audited: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      account: { id: expect.any(String), name: expect.any(String), email: expect.any(String) },
      client: { id: people.bob.client.clientId, name: 'test client' },
      since: TIME,
      lastUsed: TIME,
      expires: TIME,
      connections: 2,
    });
    const { stdout } = await run(['sessions']);
    expect(stdout.split('\n')[0]).toMatch(
      /^session +person +client +since \(UTC\) +last used \(UTC\) +connections$/,
    );
    expect(stdout).toContain(bobs?.session.slice(0, 12));
    const all = `${JSON.stringify(listed)}${stdout}`;
    for (const person of Object.values(people))
      for (const secret of [person.accessToken, person.refreshToken, tsidOf(person)])
        expect(all).not.toContain(secret);
  });

  test('lists those of one person, and says how many more there are', async () => {
    expect((await json<Sessions>('sessions', '--account', 'acme-alice')).total).toBe(2);
    const { stdout } = await run(['sessions', '--limit', '1']);
    expect(stdout).toContain('3 more. See all of them: --limit 4');
  });

  test('end: the tokens of that session are refused everywhere, and those of the same person’s other one are not', async () => {
    const session = await sessionOf(people.aliceAgain);
    const { code, stdout, stderr } = await run(['sessions', 'end', session.slice(0, 12)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Ended [0-9a-f]{12}: .*, test client\n/);
    await until(async () => (await status(people.aliceAgain)) === 401, PATIENCE_MS);
    const { client, refreshToken } = people.aliceAgain;
    expect((await client.refresh(refreshToken)).error).toBe('invalid_grant');
    const closed = `select from sessions where tsid = '${tsidOf(people.aliceAgain)}' and closed_at is not null`;
    await until(async () => (await inVault(world, closed)).length === 1, PATIENCE_MS);
    expect(await wrongCalls(world.mcpUrl, [people.alice])).toEqual([]);
    expect(await run(['sessions', 'end', session.slice(0, 12)])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('See which there are: gatehouse sessions'),
    });
  });

  test('end --account: all of a person, told as soon as the authorization server runs again', async () => {
    const [server] = world.replicas['authorization-server'];
    await server?.stop();
    const ended = await json<{ readonly ended: readonly string[]; readonly told: boolean }>(
      ...['sessions', 'end', '--account', 'acme-carol'],
    );
    expect(ended).toEqual({ ended: [expect.stringMatching(/^[0-9a-f]{64}$/)], told: false });
    await server?.start();
    await until(async () => (await status(people.carol)) === 401, PATIENCE_MS);
    const untold = 'select from sessions where closed_at is not null and announced_at is null';
    await until(async () => (await inAuthorizationServer(world, untold)).length === 0, PATIENCE_MS);
  });
});

describe('gatehouse connections', () => {
  test('lists who is connected to what, in which state, and shows no token', async () => {
    const { connections } = await json<Connections>('connections', '--account', 'acme-bob');
    expect(connections.map(({ provider }) => provider).sort()).toEqual(['acme-sso', 'octo']);
    expect(connections.find(({ provider }) => provider === 'octo')).toEqual({
      connection: expect.any(String),
      account: { id: expect.any(String), name: expect.any(String), email: expect.any(String) },
      provider: 'octo',
      there: { subject: 'octo-bob', name: expect.any(String), email: expect.any(String) },
      state: 'live',
      setAside: false,
      scopes: ['repo', 'read:user'],
      lackingScopes: [],
      connected: TIME,
      refreshed: null,
      expires: TIME,
      sessions: 1,
      refreshToken: true,
      rotates: null,
      audiences: [],
    });
    const { stdout } = await run(['connections', '--provider', 'octo']);
    expect(stdout).toMatch(/^connection +person +provider +there +state +expires \(UTC\) +scopes$/m);
    expect(stdout).not.toContain('acme-sso');
  });

  test('what needs its person is told from what does not, and what is sealed stays unread', async () => {
    await inVault(
      world,
      `update connections set state = 'reauth_required', tokens = '\\x00' where subject = 'octo-alice'`,
    );
    const { connections } = await json<Connections>('connections', '--account', 'acme-alice');
    expect(connections.find(({ provider }) => provider === 'octo')?.state).toBe('reauth_required');
  });

  test('attack: the vault’s own user, or another key, cannot have a connection revoked', async () => {
    const { connections } = await json<Connections>('connections', '--account', 'acme-bob');
    const [one] = connections;
    const revoke = ['connections', 'revoke', one?.connection ?? ''];
    expect(
      await operated.patiently(revoke, { NATS_CREDENTIALS: operated.credentialsOf('token-vault') }),
    ).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('the vault revokes for the authorization server alone'),
    });
    const other = Buffer.alloc(32, 'another key').toString('base64url');
    expect(await operated.patiently(revoke, { VAULT_REQUEST_KEY: other })).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('vault.requestKeys of this command are others'),
    });
    expect((await json<Connections>('connections', '--account', 'acme-bob')).total).toBe(2);
  });

  test('revoke: the person’s token is gone from the next call on, and that of the other provider is not', async () => {
    const { connections } = await json<Connections>('connections', '--account', 'acme-bob');
    const octo = connections.find(({ provider }) => provider === 'octo')?.connection ?? 'none';
    // What was late may have been done all the same.
    await until(async () => {
      await run(['connections', 'revoke', octo]);
      return (await json<Connections>('connections', '--account', 'acme-bob')).total === 1;
    }, PATIENCE_MS);
    const who = async (backend: string) => (await whoAmI(world.mcpUrl, people.bob.accessToken, backend)).who;
    await until(async () => (await who('repos')) === undefined, PATIENCE_MS);
    expect((await who('directory'))?.subject).toBe('acme-bob');
    // Revoked at the provider as well: the outbox has nothing left to do.
    const waiting = 'select from revocation_outbox where done_at is null';
    await until(async () => (await inVault(world, waiting)).length === 0, PATIENCE_MS);
  });

  test('a vault that is away revokes nothing, and that is said: exit code 75', async () => {
    const [vault] = world.replicas['token-vault'];
    await vault?.stop();
    const { code, stderr } = await run(['connections', 'revoke', '--account', 'acme-bob']);
    expect([code, stderr]).toEqual([75, expect.stringMatching(/See whether it runs|run the command again/)]);
    await vault?.start();
    expect((await json<Connections>('connections', '--account', 'acme-bob')).total).toBe(1);
  });
});
