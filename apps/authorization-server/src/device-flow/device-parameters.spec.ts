import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { DeviceWorld } from '../testing/device-world.js';
import { tokenIn } from '../testing/exchange-world.js';
import { shareWorld } from '../testing/service-world.js';
import { pageName, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

/** What a device may say of the person who is to sign in. */

let world: DeviceWorld;
let service: TestService;
shareWorld(
  async () => await DeviceWorld.start({ access: {}, connectionReuse: 'always' }),
  (started) => {
    world = started;
    ({ service } = started);
  },
);

/** Signs somebody in to another device of theirs. */
async function tokenOf(
  login: string,
  browser: TestBrowser,
  clientId: string,
  change: Readonly<Record<string, string>> = {},
): Promise<string> {
  const code = await world.code(clientId, { change });
  await world.signIn(code, login, browser);
  return tokenIn(await world.poll(code));
}

// RFC 8628, section 3.1: what means nothing there is ignored.
test.each(['of another person', 'that is none'])(
  'signs in whoever the client thinks of (id_token_hint): a hint %s has no effect',
  async (kind) => {
    const clientId = await world.registerDevice();
    const first = await world.code(clientId);
    await world.signIn(first);
    const hint = String((await world.poll(first)).body['id_token']);
    const change = { id_token_hint: kind === 'that is none' ? 'x' : hint };
    const code = await world.code(clientId, { change });
    // As a request object says it, which the library keeps as it is.
    await world.age(code, { params: { ...(await world.paramsOf(code)), id_token_hint: hint } });
    expect(pageName(await world.signIn(code))).toBe('device-approved');
    const { sub } = decodeJwt(tokenIn(await world.poll(code)));
    expect(sub).not.toBe(decodeJwt(hint).sub);
  },
);

// OpenID Connect Core, section 5.5.
test('cannot ask for claims, and is told so', async () => {
  const claims = JSON.stringify({ id_token: { name: null } });
  const { body } = await world.ask(await world.registerDevice(), { change: { claims } });
  expect(body['error']).toBe('invalid_request');
});

// OpenID Connect Core, section 3.1.2.1 (max_age).
test('who proved anew who they are, because the device wanted it, has done so for their browser', async () => {
  const login = world.somebody();
  const [browser, clientId] = [service.browser(), await world.registerDevice()];
  const sub = decodeJwt(await tokenOf(login, browser, clientId)).sub;
  const session = async (): Promise<{ readonly ago: number; readonly uid: string } | undefined> =>
    (
      await world.rows<{ ago: number; uid: string }>(
        `select extract(epoch from now())::bigint::int - (payload ->> 'loginTs')::int as ago, uid from oidc_records
          where model = 'Session' and payload ->> 'accountId' = $1`,
        [sub],
      )
    )[0];
  const before = await session();
  await world.rows(
    `update oidc_records set payload = jsonb_set(payload, '{loginTs}', to_jsonb((payload ->> 'loginTs')::bigint - 36000))
      where model = 'Session' and payload ->> 'accountId' = $1`,
    [sub],
  );
  await tokenOf(login, browser, clientId);
  expect((await session())?.ago).toBeGreaterThanOrEqual(36_000);
  const cookies = browser.cookiesFor('/');
  await tokenOf(login, browser, clientId, { max_age: '1800' });
  expect((await session())?.ago).toBeLessThan(18_000);
  // It is the same session, with another cookie.
  expect((await session())?.uid).toBe(before?.uid);
  expect(browser.cookiesFor('/')).not.toBe(cookies);
  expect(pageName(await browser.get('/connections'))).toBe('connections');
});
