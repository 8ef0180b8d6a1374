import 'reflect-metadata';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { DeviceWorld } from '../testing/device-world.js';
import { said, tokenIn } from '../testing/exchange-world.js';
import { flood } from '../testing/flood.js';
import { shareWorld } from '../testing/service-world.js';
import { hiddenFields, pageName, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

/** What a person does with the code of a device, and what others try with it. */

const log = new KeptLog();
let world: DeviceWorld;
let service: TestService;
shareWorld(
  async () => await DeviceWorld.start({ access: {}, connectionReuse: 'always' }, log),
  (started) => {
    world = started;
    ({ service } = started);
  },
);
beforeEach(() => {
  service.vault.verdict = { verdict: 'admitted' };
  service.vault.verdictOn = () => service.vault.verdict;
});

const PENDING = '400 authorization_pending';

/** A browser of somebody who has signed in to a device before. */
async function signedIn(
  login: string,
): Promise<{ readonly browser: TestBrowser; readonly clientId: string }> {
  const browser = service.browser();
  const code = await world.code();
  await world.signIn(code, login, browser);
  expect((await world.poll(code)).status).toBe(200);
  return { browser, clientId: code.clientId };
}

describe('a person', () => {
  // RFC 8628, section 3.3.1 and 5.4.
  test('who comes by an address with the code compares it, and nothing has begun before they say so', async () => {
    const { answer, ...code } = await world.code();
    const browser = service.browser();
    const page = await browser.get(String(answer.body['verification_uri_complete']));
    expect([page.status, pageName(page)]).toEqual([200, 'device-confirm']);
    expect(page.body).toContain(code.userCode);
    const [row] = await world.rows<{ claimed: boolean }>(
      `select payload ? 'claimedBy' as claimed from oidc_records where model = 'DeviceCode' order by created_at desc limit 1`,
    );
    expect(row?.claimed).toBe(false);
    const asked = await browser.follow(await browser.post(page.url, hiddenFields(page.body)));
    expect(pageName(asked)).toBe('consent');
    expect(pageName(await world.finish(browser, asked, world.somebody()))).toBe('device-approved');
  });

  // RFC 8628, section 6.1.
  test('may write the code as they like', async () => {
    const { userCode } = await world.code();
    const written = ` ${userCode.toLowerCase().replace('-', ' ')} `;
    expect(pageName(await world.enter(service.browser(), written))).toBe('consent');
  });

  test('who goes back and enters the code again goes on where they were; after the end they see the end', async () => {
    const code = await world.code();
    const browser = service.browser();
    const first = await world.enter(browser, code.userCode);
    const second = await world.enter(browser, code.userCode);
    expect(second.url).toBe(first.url);
    const end = await world.finish(browser, second, world.somebody());
    expect(pageName(end)).toBe('device-approved');
    expect(pageName(await browser.follow(await browser.get(first.url)))).toBe('device-approved');
  });

  test('reads each page, and its warning, in their own language', async () => {
    const { browser, clientId } = await signedIn(world.somebody());
    const [first, known] = [await world.code(), await world.code(clientId)];
    const approval = await world.enter(browser, first.userCode);
    const question = await world.enter(browser, known.userCode);
    const end = await browser.decide(await browser.get(question.url), 'cancel');
    const pages = [
      ['/device', 'device', 'Geben Sie den Code ein'],
      [String(first.answer.body['verification_uri_complete']), 'device-confirm', 'schließen Sie die Seite'],
      [approval.url, 'consent', 'brechen Sie ab'],
      [end.url, 'device-refused', 'Das Gerät ist nicht angemeldet'],
    ] as const;
    for (const [url, name, text] of pages) {
      const page = await browser.get(url, { 'accept-language': 'de' });
      expect([pageName(page), page.body]).toEqual([name, expect.stringContaining(text)]);
      expect(page.body).toContain('<html lang="de">');
    }
  });

  test('is known to the browser afterwards, as after every sign-in', async () => {
    const { browser } = await signedIn(world.somebody());
    expect(pageName(await browser.get('/connections'))).toBe('connections');
  });

  // RFC 8628, section 5.4.
  test('attack: somebody who is signed in and approved the client before is asked again, with the code', async () => {
    const login = world.somebody();
    const { browser, clientId } = await signedIn(login);
    const next = await world.code(clientId);
    const asked = await world.enter(browser, next.userCode);
    expect(pageName(asked)).toBe('continue');
    expect(asked.body).toContain(next.userCode);
    expect(asked.body).toContain('If somebody else told or sent you the code');
    expect(said(await world.poll(next))).toBe(PENDING);
    expect(pageName(await browser.decide(asked, 'continue'))).toBe('device-approved');
  });

  // RFC 8628, section 5.4.
  test('attack: an approval that a client got by its redirect URI does not count for its devices', async () => {
    const login = world.somebody();
    const browser = service.browser();
    const clientId = await service.register({
      redirect_uris: ['https://app.example/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    });
    const { url } = service.authorizeUrl(clientId, { redirect_uri: 'https://app.example/callback' });
    let at = await browser.decide(await browser.follow(await browser.get(url)), 'approve');
    while (at.location?.startsWith('https://app.example/') !== true)
      at = await service.answerLeg(browser, at, { code: `${new URL(at.location ?? '').hostname}-${login}` });
    const code = await world.code(clientId);
    expect(pageName(await world.enter(browser, code.userCode))).toBe('consent');
  });

  test('who may not sign in here sees so, and the device is told access_denied', async () => {
    service.vault.verdict = { verdict: 'refused', reference: 'ref-of-the-vault' };
    const [code, browser, login] = [await world.code(), service.browser(), world.somebody()];
    const away = await browser.decide(await world.enter(browser, code.userCode), 'approve');
    const page = await service.answerLeg(browser, away, { code: `acme-sso.example-${login}` });
    expect([page.status, pageName(page)]).toEqual([403, 'refused']);
    expect(said(await world.poll(code))).toBe(PENDING);
    expect(pageName(await browser.decide(page, 'cancel'))).toBe('device-refused');
    expect(said(await world.poll(code))).toBe('400 access_denied');
  });

  test('who may not sign in any more when the device comes gets it no tokens', async () => {
    const code = await world.code();
    await world.signIn(code);
    service.vault.verdict = { verdict: 'refused', reference: 'ref-of-the-vault' };
    expect(said(await world.poll(code))).toBe('400 invalid_grant');
    service.vault.verdict = { verdict: 'admitted' };
    expect(said(await world.poll(code))).toBe('400 invalid_grant');
  });
});

describe('a code', () => {
  // RFC 8628, section 5.1.
  test('attack: that one browser has entered opens nothing in another one, at either replica', async () => {
    const code = await world.code();
    const [own, other] = [service.browser(), service.browser()];
    const asked = await world.enter(own, code.userCode);
    for (const thief of [other, other.through(world.replica.local)]) {
      const page = await world.enter(thief, code.userCode);
      expect([page.status, pageName(page)]).toEqual([400, 'device']);
    }
    expect((await other.get(asked.url)).status).toBe(400);
    expect((await other.get(asked.url.replace('/sign-in/', '/device/'))).status).toBe(400);
    const login = world.somebody();
    await world.finish(own, asked, login);
    expect(decodeJwt(tokenIn(await world.poll(code))).sub).toBeDefined();
  });

  test('attack: two browsers that enter it at once at two replicas do not both get it', async () => {
    const code = await world.code();
    const pages = await Promise.all(
      [service.local, world.replica.local].map((at) =>
        world.enter(service.browser().through(at), code.userCode),
      ),
    );
    expect(pages.map(pageName).sort()).toEqual(['consent', 'device']);
  });

  test('attack: an unknown, an old and a used one look the same', async () => {
    const [old, used] = [await world.code(), await world.code()];
    await world.age(old, { exp: 1 });
    await world.signIn(used);
    const browser = service.browser().through(world.replica.local);
    const said = new Set<string>();
    for (const code of ['BCDF-GHJK', 'not a code', old.userCode, used.userCode]) {
      const page = await world.enter(browser, code);
      said.add(`${page.status} ${page.body}`);
    }
    expect(said.size).toBe(1);
  });

  // RFC 8628, section 5.1.
  test('attack: who tries codes is stopped long before they find one', async () => {
    const code = await world.code();
    const browser = service.browser();
    const page = await browser.get('/device');
    const guess = async (userCode: string): Promise<number> =>
      (await browser.post(page.url, { ...hiddenFields(page.body), user_code: userCode })).status;
    const guesses = Array.from({ length: 40 }, (_, index) => (index < 39 ? 'BCDF-GHJK' : code.userCode));
    const statuses = await flood(guesses.length, () => guess(guesses.shift() ?? ''));
    expect(statuses.filter((status) => status === 400).length).toBeLessThanOrEqual(20);
    expect(statuses.at(-1)).toBe(429);
    expect(said(await world.poll(code))).toBe(PENDING);
  });
});
