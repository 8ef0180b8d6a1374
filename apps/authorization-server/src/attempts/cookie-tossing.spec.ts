import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { hiddenFields, pageName, type Answer, type TestBrowser } from '../testing/test-browser.js';
import { callbackOf, REDIRECT_URI, type TestService } from '../testing/test-service.js';

const ISSUER = 'https://auth.example';
/** A page of the same domain that somebody else controls: its cookies reach the issuer, too. */
const SIBLING = 'https://evil.auth.example/';

let service: TestService;

shareWorld(startServiceWorld, async (world) => {
  service = await world.startAnother({
    issuer: ISSUER,
    keyEncryptionKeys: world.service.config.keyEncryptionKeys,
  });
});

let people = 0;
const somebody = (): string => `tossed-${(people += 1)}`;

const cookiesOf = (browser: TestBrowser, path = '/'): readonly string[] =>
  browser.cookiesFor(path).split('; ').filter(Boolean);

/** Everything that a sibling's page can try with the cookies of its owner's browser. @returns how many were kept */
function toss(from: TestBrowser, to: TestBrowser, path = '/'): number {
  const kept = cookiesOf(from, path).flatMap((pair) => {
    const [name = '', value = ''] = pair.split('=');
    const bare = name.replace('__Host-', '');
    return [name, bare, `__host-${bare}`, `__Secure-${bare}`].flatMap((spelt) =>
      ['/', path].map((at) => to.keep(`${spelt}=${value}; Domain=auth.example; Path=${at}; Secure`, SIBLING)),
    );
  });
  return kept.filter(Boolean).length;
}

const refused = (answer: Answer): readonly unknown[] => [
  answer.status,
  pageName(answer),
  answer.body.includes('attempt_wrong_browser') || answer.body.includes('callback_wrong_browser'),
  answer.headers.getSetCookie(),
];
const REFUSED = [400, 'error', true, []] as const;

test('every cookie has a name that no other host of the domain can write', async () => {
  const browser = service.browser();
  await service.signIn(browser, service.authorizeUrl(await service.register()).url, somebody());
  await browser.get('/connections/sign-in');
  await browser.get('/connect/mail');
  expect(cookiesOf(browser).length).toBeGreaterThan(3);
  for (const path of ['/', '/sign-in/x', '/oauth/authorize/x', '/connect/x'])
    for (const cookie of cookiesOf(browser, path)) expect(cookie).toMatch(/^__Host-gh-/);
});

test("consent given in the attacker's browser is not used in the victim's (cookie tossing)", async () => {
  const [attacker, victim] = [service.browser(), service.browser()];
  const page = await service.approvalPage(attacker);
  const away = await attacker.decide(page, 'approve');
  expect(toss(attacker, victim, new URL(page.url).pathname)).toBeGreaterThan(0);
  const uid = page.url.split('/').at(-1) ?? '';
  for (const name of ['gh-interaction', 'gh-resume'])
    for (const path of ['/', `/sign-in/${uid}`, `/oauth/authorize/${uid}`])
      victim.keep(`${name}=${uid}; Domain=auth.example; Path=${path}; Secure`, SIBLING);
  const begun = service.vault.begun.length;
  expect(refused(await victim.get(page.url))).toEqual(REFUSED);
  expect(refused(await victim.get(page.url))).toEqual(REFUSED);
  expect(service.vault.begun).toHaveLength(begun);
  const next = await service.answerLeg(attacker, away, { code: `acme-sso.example-${somebody()}` });
  expect(new URL(next.location ?? '').hostname).toBe('octo.example');
});

describe('a browser without the cookie of an attempt gets none, and changes nothing (forwarded or guessed address)', () => {
  interface Stage {
    readonly page: Answer;
    /** Its owner's token, which must not help. */
    readonly fields: Readonly<Record<string, string>>;
    readonly callback: string;
    readonly goOn: () => Promise<Answer>;
  }

  async function at(stage: string, owner: TestBrowser): Promise<Stage> {
    const login = somebody();
    const page = await service.approvalPage(owner);
    const fields = hiddenFields(page.body);
    if (stage === 'shown')
      return { page, fields, callback: '/oauth/callback?code=x', goOn: () => owner.decide(page, 'approve') };
    const first = await owner.decide(page, 'approve');
    const code = (provider: string) => ({ code: `${provider}.example-${login}` });
    if (stage === 'approved')
      return {
        page,
        fields,
        callback: callbackOf(first, { code: 'stolen' }),
        goOn: () => service.answerLeg(owner, first, code('acme-sso')),
      };
    const second = await service.answerLeg(owner, first, code('acme-sso'));
    if (stage === 'under way')
      return {
        page,
        fields,
        callback: callbackOf(second, { code: 'stolen' }),
        goOn: () => service.answerLeg(owner, second, code('octo')),
      };
    const failed = await service.answerLeg(owner, second, { error: 'access_denied' });
    return {
      page,
      fields: hiddenFields(failed.body),
      callback: callbackOf(second, { code: 'stolen' }),
      goOn: () => owner.decide(failed, 'retry'),
    };
  }

  test.each(['shown', 'approved', 'under way', 'failed'])('%s', async (stage) => {
    const owner = service.browser();
    const { page, fields, callback, goOn } = await at(stage, owner);
    const [begun, opened] = [service.vault.begun.length, service.vault.opened.length];
    const uid = page.url.split('/').at(-1) ?? '';
    const other = service.browser();
    // It is in a sign-in of its own.
    await service.approvalPage(other);
    const answers = [
      await other.get(page.url),
      await other.get(`/oauth/authorize/${uid}`),
      ...(await Promise.all(
        ['approve', 'continue', 'another', 'retry', 'skip', 'cancel'].map((decision) =>
          other.post(page.url, { ...fields, decision }),
        ),
      )),
    ];
    for (const answer of answers) expect(refused(answer)).toEqual(REFUSED);
    if (stage !== 'shown') expect(refused(await other.get(callback))).toEqual(REFUSED);
    expect([service.vault.begun.length, service.vault.opened.length]).toEqual([begun, opened]);
    const next = await goOn();
    expect([next.status, next.location?.includes('.example/authorize')]).toEqual([302, true]);
  });

  test('complete: the code goes to the browser that signed in, and not to one that knows the address', async () => {
    const [owner, other, login] = [service.browser(), service.browser(), somebody()];
    const page = await service.approvalPage(owner);
    let away = await owner.decide(page, 'approve');
    for (const provider of ['acme-sso', 'octo'])
      away = await service.answerLeg(owner, away, { code: `${provider}.example-${login}` });
    const back = await owner.get(callbackOf(away, { code: `wiki.example-${login}` }));
    const done = await owner.get(back.location ?? '');
    expect(done.location).toContain('/oauth/authorize/');
    for (const address of [back.location ?? '', done.location ?? ''])
      expect(refused(await other.get(address))).toEqual(REFUSED);
    const end = await owner.get(done.location ?? '');
    expect(new URL(end.location ?? '').searchParams.get('code')).not.toBeNull();
  });

  test('a uid that nobody has', async () => {
    const browser = service.browser();
    await service.approvalPage(browser);
    for (const uid of ['A'.repeat(21), 'x', '%00', encodeURIComponent('a; b=c'), '..%2f'])
      expect((await browser.get(`/sign-in/${uid}`)).status).toBe(400);
  });
});

test('a browser that lost its cookies is told so and can start again', async () => {
  const browser = service.browser();
  const clientId = await service.register();
  const page = await service.approvalPage(browser, clientId);
  await browser.decide(page, 'approve');
  browser.forgetCookies();
  const lost = await browser.get(page.url);
  expect(refused(lost)).toEqual(REFUSED);
  expect(lost.body).toContain('go back to the application and start again');
  const again = await service.signIn(browser, service.authorizeUrl(clientId).url, somebody());
  expect(again.get('code')).not.toBeNull();
});

test('a tossed cookie of the same name takes no place: neither of two counts (first one wins)', async () => {
  const browser = service.browser();
  const page = await service.approvalPage(browser);
  const mine = cookiesOf(browser).find((cookie) => cookie.includes('gh-signin')) ?? '';
  const ask = async (cookie: string): Promise<number> =>
    (await fetch(service.local + new URL(page.url).pathname, { headers: { cookie } })).status;
  expect(await ask(mine)).toBe(200);
  const tossed = `${mine.split('=')[0] ?? ''}=tossed`;
  expect(await ask(`${tossed}; ${mine}`)).toBe(400);
  expect(await ask(`${mine}; ${tossed}`)).toBe(400);
  for (const before of ['\u00a0', '\u0085']) expect(await ask(`${mine}; ${before}${tossed}`)).toBe(200);
});

test("a tossed session does not make the victim's browser the attacker's (login CSRF by cookie)", async () => {
  const [attacker, victim] = [service.browser(), service.browser()];
  const clientId = await service.register();
  await service.signIn(attacker, service.authorizeUrl(clientId).url, somebody());
  toss(attacker, victim);
  expect(pageName(await victim.get('/connections'))).toBe('signed-out');
  expect((await service.approvalPage(victim, clientId)).body).not.toContain('Signed in as');
  const session = cookiesOf(attacker).filter((cookie) => cookie.includes('gh-session'));
  const twice = [...session, ...session].join('; ');
  const body = await (await fetch(`${service.local}/connections`, { headers: { cookie: twice } })).text();
  expect(body).toContain('data-page="signed-out"');
});

test('two tabs, reloading and going back all go on in the browser that began', async () => {
  const [browser, login] = [service.browser(), somebody()];
  const clientId = await service.register();
  const [first, second] = [
    await service.approvalPage(browser, clientId),
    await service.approvalPage(browser, clientId),
  ];
  expect(pageName(await browser.get(first.url))).toBe('consent');
  for (const tab of [second, first]) {
    let away = await browser.decide(tab, 'approve');
    // Back to the page, and away again.
    away = await browser.get(tab.url);
    for (const provider of ['acme-sso', 'octo', 'wiki'])
      if (away.status === 302 && away.location?.startsWith(REDIRECT_URI) !== true)
        away = await service.answerLeg(browser, away, { code: `${provider}.example-${login}` });
    expect(new URL(away.location ?? '').searchParams.get('code')).not.toBeNull();
  }
});

describe('the connect page', () => {
  async function member(): Promise<{ browser: TestBrowser; tsid: string }> {
    const browser = service.browser();
    await service.signIn(browser, service.authorizeUrl(await service.register()).url, somebody());
    return { browser, tsid: service.vault.opened.at(-1)?.tsid ?? '' };
  }

  test("a form that another browser was given is not taken (CSRF with the attacker's own link)", async () => {
    const { tsid } = await member();
    const [attacker, victim] = [service.browser(), service.browser()];
    const shown = await attacker.get(`/connect/mail?session=${tsid}`);
    await victim.get(`/connect/mail?session=${tsid}`);
    const begun = service.vault.begun.length;
    const forged = await victim.post(shown.url, { ...hiddenFields(shown.body), decision: 'continue' });
    expect(forged.status).toBe(403);
    expect(service.vault.begun).toHaveLength(begun);
    expect((await attacker.decide(shown, 'continue')).status).toBe(302);
  });

  test('an attempt that was begun elsewhere is not gone on with, and the page says where to begin', async () => {
    const { browser: owner } = await member();
    const away = await owner.decide(await owner.get('/connect/mail'), 'continue');
    const state = new URL(away.location ?? '').searchParams.get('state') ?? '';
    const { browser: other } = await member();
    const attempt = `/connect/attempt/${state.split('.')[0] ?? ''}`;
    toss(owner, other);
    const answer = await other.get(attempt);
    expect(refused(answer)).toEqual(REFUSED);
    expect(answer.body).toContain('href="/connections"');
    expect(refused(await other.post(attempt, { decision: 'cancel' }))).toEqual(REFUSED);
    expect(refused(await other.get(callbackOf(away, { code: 'x' })))).toEqual(REFUSED);
    expect(pageName(await service.answerLeg(owner, away, { code: 'mail-mine' }))).toBe('connected');
  });
});
