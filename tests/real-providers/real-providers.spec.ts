import { signIn } from '@gatehouse/scripted-browser/sign-in';
import type { ScriptedBrowser } from '@gatehouse/scripted-browser/scripted-browser';
import { printFigure } from '@gatehouse/testing/figures';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expireInVault } from '../support/database.js';
import { discovered, keyIds, redeemed, signedWith } from '../support/real-providers/openid.js';
import { leftOut, testedProviders, versionOf } from '../support/real-providers/table.js';
import { LOGINS, worldOf, type WorldOfProvider } from '../support/real-providers/world-of-provider.js';

const REFRESHES = 5;
const CALLS_AT_ONCE = 8;
/** For what hangs: a Java server on a busy machine takes its time, and Dex changes its keys when it wants. */
const FOREVER_MS = 600_000;
const CAN_OPEN = { elicitation: { url: {} } };
const [ALICE = '', BOB = '', CAROL = ''] = LOGINS;

interface SignedIn {
  readonly browser: ScriptedBrowser;
  accessToken: string;
}

test('the run says which real providers were left out', () => {
  if (leftOut.length > 0)
    printFigure(`real providers NOT RUN: ${leftOut.join(', ')} (npm run real-providers)`);
  expect(testedProviders.length).toBeGreaterThan(0);
});

describe.each(testedProviders)('$name, as it is by default, behind two replicas', ({ name, ...tested }) => {
  let all: WorldOfProvider;
  let close = async (): Promise<void> => Promise.resolve();
  let client: OAuthClient;
  const people = new Map<string, SignedIn>();
  /** What the table says, column by column. */
  const shown = new Map<string, string>();

  beforeAll(async () => {
    all = await worldOf({ name, ...tested });
    close = async () => await all.close();
    client = await OAuthClient.register(all.world.mcpUrl);
  }, FOREVER_MS);
  afterAll(async () => {
    const columns = ['sign-in', 'refresh', 'key rotation', 'revocation by us', 'ended by the provider'];
    const cells = columns.map((column) => shown.get(column) ?? 'FAILED');
    printFigure(`real provider | ${[name, versionOf(name), ...cells].join(' | ')}`);
    await close();
  }, FOREVER_MS);

  const signsIn = async (login: string): Promise<void> => {
    const browser = people.get(login)?.browser ?? newBrowser();
    people.set(login, { browser, accessToken: (await client.signIn(login, browser)).accessToken });
  };
  const replicas = (): readonly string[] =>
    all.world.portsOf('vmcp-proxy').map((port) => `http://127.0.0.1:${port}/mcp`);
  const tokenOf = (login: string): string => people.get(login)?.accessToken ?? '';
  /** Calls at both replicas at once. @returns whose token the backend got, each time. */
  const calls = async (login: string, count: number): Promise<readonly unknown[]> =>
    await Promise.all(
      Array.from({ length: count }, async (_, at) => {
        const { who, body } = await whoAmI(replicas()[at % 2] ?? '', tokenOf(login), 'checked');
        return who?.subject ?? body;
      }),
    );
  const times = (login: string, count: number): readonly string[] => Array<string>(count).fill(login);
  const redemptions = () => all.watched.tokenRequests('refresh_token');
  /** What was issued so far is over: for the vault, and for the backend. */
  const expireEverything = async (): Promise<void> => {
    await expireInVault(all.world, name);
    all.backend.refuseKnownTokens();
  };
  /** One more refresh, whoever of the replicas needs it. */
  const refreshes = async (login: string, count = CALLS_AT_ONCE): Promise<void> => {
    const [before, tokenBefore] = [redemptions().length, all.backend.newestTokenOf(login)];
    expect(await calls(login, count)).toEqual(times(login, count));
    expect(
      redemptions()
        .slice(before)
        .map(({ status }) => status),
    ).toEqual([200]);
    expect(all.backend.newestTokenOf(login)).not.toBe(tokenBefore);
  };

  test(
    'people sign in on its own pages, and every call arrives as the right one of them',
    async () => {
      for (const login of [ALICE, BOB]) await signsIn(login);
      const mixed = await Promise.all([ALICE, BOB, ALICE, BOB].map((login) => calls(login, CALLS_AT_ONCE)));
      expect(mixed).toEqual([ALICE, BOB, ALICE, BOB].map((login) => times(login, CALLS_AT_ONCE)));
      expect((await whoAmI(all.world.mcpUrl, tokenOf(ALICE), 'repos')).who?.subject).toBe(`octo-${ALICE}`);
      shown.set('sign-in', 'yes, two people');
    },
    FOREVER_MS,
  );

  test(
    'an expired access token is renewed by one redemption, however many calls wait at both replicas, time after time',
    async () => {
      for (let round = 0; round < REFRESHES; round += 1) {
        await expireEverything();
        await refreshes(ALICE);
      }
      await refreshes(BOB);
      const used = new Set(redemptions().map(({ form }) => form.get('refresh_token')));
      const isRotated = used.size === REFRESHES + 1;
      expect(isRotated).toBe(tested.rotates);
      shown.set(
        'refresh',
        `${REFRESHES} in a row, ${isRotated ? 'a new refresh token each' : 'the same refresh token'}`,
      );
    },
    FOREVER_MS,
  );

  test(
    'a second sign-in of somebody leaves the grant that everybody uses alive',
    async () => {
      await signsIn(ALICE);
      await expireEverything();
      await refreshes(ALICE);
      await refreshes(BOB);
    },
    FOREVER_MS,
  );

  test(
    'it signs with another key: grants are renewed and people sign in as before',
    async () => {
      const before = await keyIds(all.provider.issuer);
      await all.provider.rotateKeys();
      await expireEverything();
      for (const login of [ALICE, BOB]) await refreshes(login);
      await signsIn(CAROL);
      expect(await calls(CAROL, 2)).toEqual(times(CAROL, 2));
      const idToken = all.watched.tokenRequests('authorization_code').at(-1)?.answer['id_token'];
      expect(before).not.toContain(signedWith(String(idToken)));
      await expireEverything();
      for (const login of LOGINS) await refreshes(login);
      shown.set('key rotation', 'refresh and sign-in go on');
    },
    FOREVER_MS,
  );

  test(
    'a person ends a connection here, and the provider does not take its refresh token any more',
    async () => {
      await expireEverything();
      await refreshes(BOB);
      const last = redemptions().at(-1);
      const { refresh_token: renewed } = last?.answer ?? {};
      const refreshToken = typeof renewed === 'string' ? renewed : (last?.form.get('refresh_token') ?? '');
      const { browser } = people.get(BOB) ?? { browser: newBrowser() };
      await browser.open(`${all.world.issuer}/connections`);
      const form = browser.page.forms.find(({ fields }) =>
        fields.some((field) => field.name === 'provider' && field.value === name),
      );
      if (form === undefined) throw new Error(`nothing to disconnect: ${browser.page.text}`);
      await browser.submit({ form });
      const endpoint = (await discovered(all.provider.issuer)).revocation_endpoint;
      expect(endpoint !== undefined).toBe(tested.revokes);
      await until(() => all.world.logs().includes('token-revocation-done'));
      expect(await calls(BOB, 2)).not.toContain(BOB);
      if (endpoint === undefined) {
        shown.set('revocation by us', 'it has no revocation endpoint');
        return;
      }
      expect(all.watched.revocations().map(({ status }) => status)).toContain(200);
      expect(await redeemed(all.provider.issuer, all.client, refreshToken)).toEqual({
        status: expect.any(Number),
        error: 'invalid_grant',
      });
      shown.set('revocation by us', 'the refresh token is refused');
    },
    FOREVER_MS,
  );

  test(
    'the provider ends a grant: that person gets a link and connects again, the others notice nothing',
    async () => {
      await all.provider.endGrants(ALICE);
      await expireEverything();
      const { body } = await modernRequest(
        all.world.mcpUrl,
        tokenOf(ALICE),
        'tools/call',
        { name: 'checked_whoami', arguments: {} },
        CAN_OPEN,
      );
      const [link = ''] = new RegExp(`http[^"]*/connect/${name}[^"]*`).exec(JSON.stringify(body)) ?? [];
      expect([link, JSON.stringify(body)]).toEqual([expect.stringContaining('/connect/'), expect.anything()]);
      await refreshes(CAROL);
      const { browser } = people.get(ALICE) ?? { browser: newBrowser() };
      const outcome = await signIn(browser, link, { login: ALICE, password: PASSWORD });
      expect([outcome.kind, browser.page.status, browser.page.text]).toEqual([
        'ended',
        200,
        expect.stringContaining(name),
      ]);
      expect(await calls(ALICE, 2)).toEqual(times(ALICE, 2));
      await expireEverything();
      await refreshes(ALICE);
      shown.set('ended by the provider', 'a link, and connected again');
    },
    FOREVER_MS,
  );
});
