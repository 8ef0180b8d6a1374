import { Administrator } from '@gatehouse/testing/administrator';
import type { IssuedValue } from '@gatehouse/testing/demonstration';
import { freePort } from '@gatehouse/testing/free-port';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signedIn, wrongCalls, type SignedIn } from '../support/callers.js';
import { inDatabase, inVault } from '../support/database.js';
import { gatehouse } from '../support/installed-gateway.js';

const VAULT_KEY = Buffer.alloc(32, 'of this world').toString('base64url');

interface Guest {
  /** One for each client. */
  readonly at: readonly SignedIn[];
  readonly account: string;
  /** What both providers have issued since their last sign-in: an earlier grant is replaced, and kept nowhere. */
  readonly issued: readonly IssuedValue[];
}

let world: World;
let administrator: Administrator;
let yaml: string;
let alice: Guest;
let bob: Guest;

beforeAll(async () => {
  const port = await freePort();
  world = await startWorld({
    proxies: 2,
    configure: (text) => (yaml = Administrator.allowedIn(text, port)),
    environment: {
      'authorization-server': { [Administrator.secretVariable]: Administrator.secret },
      'token-vault': { TOKEN_VAULT_KEY_ENCRYPTION_KEY: VAULT_KEY },
    },
  });
  administrator = await Administrator.of(world.issuer, port);
  alice = await guest('alice', 2);
  bob = await guest('bob', 1);
});
afterAll(() => world.close());

const claimsOf = ({ accessToken }: SignedIn): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

/** Signs in at so many clients, and calls every backend: a credential of each kind is released, and recorded. */
async function guest(login: string, clients: number): Promise<Guest> {
  const at: SignedIn[] = [];
  let before = 0;
  for (let count = 0; count < clients; count += 1) {
    before = (await world.demonstration.issued()).length;
    at.push(await signedIn(world, login));
  }
  expect(await wrongCalls(world.mcpUrl, at)).toEqual([]);
  const [first] = at;
  const account = first === undefined ? '' : String(claimsOf(first)['sub']);
  return { at, account, issued: (await world.demonstration.issued()).slice(before) };
}

const proxies = () => world.portsOf('vmcp-proxy').map((port) => `http://127.0.0.1:${port}/mcp`);

/** What each proxy says to each of their clients. */
const statuses = async ({ at }: Guest): Promise<readonly number[]> =>
  await Promise.all(
    proxies().flatMap((proxy) =>
      at.map(async ({ accessToken }) => (await modernRequest(proxy, accessToken, 'tools/list')).status),
    ),
  );

const PROVIDERS = {
  'acme-sso': { port: 3, path: '/token', secret: 'acme-demo-secret' },
  octo: { port: 4, path: '/login/oauth/access_token', secret: 'octo-demo-secret' },
} as const;

async function ask(part: keyof typeof PROVIDERS, fields: Readonly<Record<string, string>>, path?: string) {
  const { port, path: token, secret } = PROVIDERS[part];
  const response = await fetch(`http://localhost:${world.portBase + port}${path ?? token}`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`gatehouse:${secret}`).toString('base64')}` },
    body: new URLSearchParams(fields),
  });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

/** How many opaque tokens their provider still takes (RFC 7662). */
async function activeAtOcto({ issued }: Guest): Promise<number> {
  const tokens = issued.filter(({ part, kind }) => part === 'octo' && /token$/.test(kind));
  const answers = await Promise.all(
    tokens.map(async ({ value: token }) => await ask('octo', { token }, '/login/oauth/introspect')),
  );
  return answers.filter(({ body }) => body['active'] === true).length;
}

const refreshTokens = ({ issued }: Guest, part: keyof typeof PROVIDERS): readonly string[] =>
  issued.filter((one) => one.part === part && one.kind === 'refresh_token').map(({ value }) => value);

/** How many refresh tokens still give something. Asking uses them up. */
async function redeemed(who: Guest): Promise<number> {
  const answers = await Promise.all(
    (['acme-sso', 'octo'] as const).flatMap((part) =>
      refreshTokens(who, part).map(
        async (token) => await ask(part, { grant_type: 'refresh_token', refresh_token: token }),
      ),
    ),
  );
  for (const { status, body } of answers)
    if (status !== 200) expect([status, body['error']]).toEqual([400, 'invalid_grant']);
  return answers.filter(({ status }) => status === 200).length;
}

/** Tables of both services with a row that has this text, anywhere in it. */
async function tablesWith(text: string): Promise<readonly string[]> {
  const found = await Promise.all(
    Object.values(world.databases).map(async (database) => {
      const tables = await inDatabase<{ readonly name: string }>(
        database,
        "select c.relname as name from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition",
      );
      const named = await Promise.all(
        tables.map(
          async ({ name }) =>
            await inDatabase(
              database,
              `select 1 from "${name}" as row where strpos(row::text, '${text}') > 0`,
            ),
        ),
      );
      return tables.filter((_, index) => (named[index]?.length ?? 0) > 0).map(({ name }) => name);
    }),
  );
  return found.flat().sort();
}

test('an account that is deleted over the API is gone from both services, from the proxies and from its providers, and nobody else is', async () => {
  const path = `/accounts/${alice.account}`;
  expect(await statuses(alice)).toEqual([200, 200, 200, 200]);
  expect(await activeAtOcto(alice)).toBeGreaterThan(0);
  expect(await tablesWith(alice.account)).toEqual(
    expect.arrayContaining(['accounts', 'approvals', 'connections', 'custody_log', 'identities', 'sessions']),
  );
  expect((await administrator.call('GET', `${path}/connections`)).body['items']).toHaveLength(2);

  expect(await administrator.call('DELETE', path)).toEqual({ status: 204, body: {} });
  expect((await administrator.call('GET', path)).status).toBe(404);
  expect((await administrator.call('GET', `/sessions?account=${alice.account}`)).body['items']).toEqual([]);

  // At both proxies, at each of her clients. One that was not told in time hears of it by the next message.
  await until(async () => (await statuses(alice)).every((status) => status === 401));
  for (const { client, refreshToken } of alice.at)
    expect((await client.refresh(refreshToken)).error).toBe('invalid_grant');

  // The providers are told by the outbox.
  await until(
    async () => (await inVault(world, 'select from revocation_outbox where done_at is null')).length === 0,
  );
  expect(await activeAtOcto(alice)).toBe(0);
  expect(refreshTokens(alice, 'acme-sso').length).toBeGreaterThan(0);
  expect(await redeemed(alice)).toBe(0);

  // Nothing names the account but the record of what was released for it, and nothing who the person is at a provider.
  let left: unknown;
  await until(async () => {
    left = await Promise.all([alice.account, 'acme-alice', 'octo-alice'].map(tablesWith));
    return JSON.stringify(left) === JSON.stringify([['custody_log'], [], []]);
  }).catch(() => expect(left).toEqual([['custody_log'], [], []]));

  expect(await statuses(bob)).toEqual([200, 200]);
  expect(await wrongCalls(world.mcpUrl, bob.at)).toEqual([]);
  expect(await redeemed(bob)).toBe(2);
});

test('the custody log verifies after that, and still names whom credentials were released for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-deleted-'));
  try {
    const config = join(folder, 'gatehouse.yaml');
    await writeFile(config, yaml);
    const { code, stdout } = await gatehouse(['audit', 'verify', '--config', config, '--json'], {
      TOKEN_VAULT_DATABASE_URL: world.databases['token-vault'].url.reveal(),
      TOKEN_VAULT_KEY_ENCRYPTION_KEY: VAULT_KEY,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verifies: true, findings: [] });
    const released = await inVault<{ readonly account_id: string }>(
      world,
      'select account_id from custody_log',
    );
    expect(released.map(({ account_id: account }) => account)).toContain(alice.account);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the person comes back as somebody new', async () => {
  const again = await guest('alice', 1);
  expect(again.account).not.toBe(alice.account);
});
