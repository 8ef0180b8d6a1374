import { Administrator } from '@gatehouse/testing/administrator';
import { freePort } from '@gatehouse/testing/free-port';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedIn, wrongCalls, type SignedIn } from '../support/callers.js';
import { gatehouse, type Ran } from '../support/installed-gateway.js';

let world: World;
let url: string;
let alice: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  const port = await freePort();
  url = `http://localhost:${port}`;
  world = await startWorld({
    configure: (text) => Administrator.allowedIn(text, port),
    environment: { 'authorization-server': { [Administrator.secretVariable]: Administrator.secret } },
  });
  alice = await signedIn(world, 'alice');
  bob = await signedIn(world, 'bob');
});
afterAll(() => world.close());

/** On a machine that has a client's secret, and nothing else. */
const CLIENT = {
  GATEHOUSE_ADMIN_CLIENT_ID: 'operations',
  GATEHOUSE_ADMIN_CLIENT_SECRET: Administrator.secret,
};
const run = async (...args: readonly string[]): Promise<Ran> => {
  const ran = await gatehouse([...args, '--api', url], CLIENT);
  expect(`${ran.stdout}${ran.stderr}`).not.toContain(Administrator.secret);
  return ran;
};
const json = async <Document>(...args: readonly string[]): Promise<Document> => {
  const { code, stdout, stderr } = await run(...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Document;
};

interface Sessions {
  readonly sessions: readonly {
    readonly session: string;
    readonly account: string;
    readonly client: { readonly id: string };
  }[];
  readonly more: boolean;
}
const sessionOf = async ({ client }: SignedIn) =>
  (await json<Sessions>('sessions')).sessions.find((one) => one.client.id === client.clientId);
const status = async ({ accessToken }: SignedIn): Promise<number> =>
  (await modernRequest(world.mcpUrl, accessToken, 'tools/list')).status;

test('sessions: listed page by page, and ended by the first digits of a digest, or all of an account', async () => {
  expect(await wrongCalls(world.mcpUrl, [alice, bob])).toEqual([]);
  expect(await json<Sessions>('sessions', '--limit', '1')).toMatchObject({ more: true });
  const digest = (await sessionOf(alice))?.session ?? '';
  const { stdout } = await run('sessions');
  expect(stdout).toMatch(/^session +account +client +since \(UTC\) +last used \(UTC\)$/m);
  expect(stdout).toContain(digest.slice(0, 12));
  const ended = await run('sessions', 'end', digest.slice(0, 12));
  expect(ended).toMatchObject({ code: 0, stdout: `Ended ${digest.slice(0, 12)}\n` });
  await until(async () => (await status(alice)) === 401);
  expect(await status(bob)).toBe(200);
  expect(await run('sessions', 'end', digest.slice(0, 12))).toMatchObject({ code: 1 });
  const account = (await sessionOf(bob))?.account ?? '';
  expect(await json('sessions', 'end', '--account', account)).toEqual({
    ended: [expect.stringMatching(/^[0-9a-f]{64}$/)],
  });
  await until(async () => (await status(bob)) === 401);
});

test('connections of an account are listed, and revoked', async () => {
  alice = await signedIn(world, 'alice');
  const account = (await sessionOf(alice))?.account ?? '';
  const list = ['connections', '--account', account];
  expect(await json(...list)).toMatchObject({
    connections: [{ provider: 'acme-sso', state: 'live' }, { provider: 'octo' }],
    more: false,
  });
  const revoke = ['connections', 'revoke', '--account', account, '--provider', 'octo'];
  expect(await json(...revoke)).toEqual({ revoked: ['octo'] });
  expect(await json(...list)).toMatchObject({ connections: [{ provider: 'acme-sso' }] });
});

test('limits of a client are set, hold at its next refresh, and are removed', async () => {
  const { clientId } = bob.client;
  expect(await json('clients', 'limits', clientId, '--scope', 'openid', 'offline_access')).toEqual({
    client: clientId,
    limits: { scopes: ['openid', 'offline_access'] },
  });
  expect(await json('clients', 'limits', clientId)).toMatchObject({ scopes: ['openid', 'offline_access'] });
  expect(await run('clients', 'limits', clientId, '--scope', 'no-such-scope')).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('is not in scopesSupported'),
  });
  expect(await run('clients', 'limits', 'operations', '--remove')).toMatchObject({ code: 78 });
  expect(await json('clients', 'limits', clientId, '--remove')).toEqual({ client: clientId, removed: true });
});

test('clients are listed, and forgotten; those of the configuration stay', async () => {
  const { clientId } = bob.client;
  expect(await json('clients')).toMatchObject({
    clients: expect.arrayContaining([
      expect.objectContaining({ client: clientId, kind: 'registered' }),
      expect.objectContaining({ client: 'operations', kind: 'configured' }),
    ]),
  });
  expect(await json('clients', 'remove', clientId)).toEqual({ removed: clientId });
  expect((await bob.client.refresh(bob.refreshToken)).error).toBe('invalid_client');
  expect(await run('clients', 'remove', 'operations')).toMatchObject({
    code: 78,
    stderr: expect.stringContaining('stands in the configuration'),
  });
});

test('providers: how they are', async () => {
  expect(await json('providers')).toMatchObject({
    providers: [
      { provider: 'acme-sso', state: 'working' },
      { provider: 'octo', state: 'working' },
    ],
  });
  expect((await run('providers')).stdout).toMatch(/^octo +working +/m);
});

test('attack: a person’s own token, or none, lets nobody administer', async () => {
  const asPerson = await gatehouse(['sessions', '--api', url], { GATEHOUSE_ADMIN_TOKEN: alice.accessToken });
  expect(asPerson).toMatchObject({ code: 78, stdout: '' });
  expect(asPerson.stderr).not.toContain(alice.accessToken);
  expect(await gatehouse(['sessions', '--api', url], {})).toMatchObject({ code: 64, stdout: '' });
});
