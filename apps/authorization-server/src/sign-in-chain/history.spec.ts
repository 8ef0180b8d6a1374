import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { hiddenFields, pageName, type Answer, type TestBrowser } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  replica = await world.startAnother({ issuer: service.issuer });
});

let people = 0;
const somebody = (): string => `walker-${(people += 1)}`;

interface Finished {
  readonly browser: TestBrowser;
  readonly clientId: string;
  readonly verifier: string;
  /** The page where it began. */
  readonly page: Answer;
  /** The last step of ours: it sends the browser to the client. */
  readonly last: string;
}

/** Somebody who walked the whole chain, up to the step that carries the code. */
async function atLastStep(browser = service.browser()): Promise<Finished> {
  const [login, clientId] = [somebody(), await service.register()];
  const { url, verifier } = service.authorizeUrl(clientId);
  const page = await browser.follow(await browser.get(url));
  let at = await browser.decide(page, 'approve');
  for (const provider of ['acme-sso', 'octo'])
    at = await service.answerLeg(browser, at, { code: `${provider}.example-${login}` });
  const state = new URL(at.location ?? '').searchParams.get('state') ?? '';
  await browser.get(`/oauth/callback/wiki?code=wiki.example-${login}&state=${state}`);
  const { location: last = '' } = await browser.get(page.url);
  expect(new URL(last).pathname).toContain('/oauth/authorize/');
  return { browser, clientId, verifier, page, last };
}

const codeOf = ({ location = '' }: Answer): string => new URL(location).searchParams.get('code') ?? '';
const buttonOf = ({ body }: Answer): string => /class="button[^"]*" href="([^"]*)"/.exec(body)?.[1] ?? '';

describe('the last step of a sign-in', () => {
  test('repeated, because its response was lost, gives a code again, at any replica, and one of them works', async () => {
    const { browser, clientId, verifier, last } = await atLastStep();
    const answers = [
      await browser.get(last),
      await browser.through(replica.local).get(last),
      await browser.get(last),
    ];
    const codes = answers.map(codeOf);
    expect(new Set(codes).size).toBe(3);
    for (const { location } of answers) expect(location?.startsWith(REDIRECT_URI)).toBe(true);
    const redeemed = [];
    for (const code of codes.reverse()) redeemed.push(await service.redeem(clientId, code, verifier));
    expect(redeemed.map(({ status }) => status)).toEqual([200, 400, 400]);
    // The codes of before are no theft: the client keeps what it has.
    expect((await service.refresh(clientId, redeemed[0]?.refresh_token ?? '')).status).toBe(200);
  });

  test('of several codes of one sign-in, redeemed at once at two replicas, one works', async () => {
    const { browser, clientId, verifier, last } = await atLastStep();
    const codes = [codeOf(await browser.get(last)), codeOf(await browser.through(replica.local).get(last))];
    const redeemed = await Promise.all(
      codes.flatMap((code) => [
        service.redeem(clientId, code, verifier),
        replica.redeem(clientId, code, verifier),
      ]),
    );
    expect(redeemed.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('left by the browser before its response came, and asked again, leads to the client', async () => {
    const { browser, clientId, verifier, last } = await atLastStep();
    const ends = await Promise.all([browser.get(last), browser.through(replica.local).get(last)]);
    const again = await browser.get(last);
    expect([...ends, again].every(({ location }) => location?.startsWith(REDIRECT_URI) === true)).toBe(true);
    expect((await service.redeem(clientId, codeOf(again), verifier)).status).toBe(200);
  });

  test('says that it is over when the client has its tokens, and gives nobody a code (shared computer)', async () => {
    const { browser, clientId, verifier, page, last } = await atLastStep();
    const code = codeOf(await browser.get(last));
    expect((await service.redeem(clientId, code, verifier)).status).toBe(200);
    for (const url of [last, page.url]) {
      const over = await browser.follow(await browser.get(url));
      expect([over.status, pageName(over)]).toEqual([200, 'signed-in']);
      expect(buttonOf(over)).toBe('/connections');
    }
  });

  const openSessionOf = async ({ browser }: Finished): Promise<string> =>
    /data-session="([^"]*)"/.exec((await browser.get('/connections')).body)?.[1] ?? '';

  test.each<[string, (finished: Finished) => Promise<unknown>]>([
    [
      'whose response was lost, and which was asked again after half an hour',
      async (finished) =>
        await world.rows.query({
          name: 'half-an-hour-later',
          text: `update sessions set opened_at = opened_at - interval '31 minutes', used_at = used_at - interval '31 minutes'
            where tsid = $1`,
          values: [await openSessionOf(finished)],
        }),
    ],
    [
      'whose session was ended before its client had come for it',
      async (finished) => {
        const { csrf = '' } = hiddenFields((await finished.browser.get('/connections')).body);
        const session = await openSessionOf(finished);
        await finished.browser.post('/connections', { csrf, action: 'sign-out', session });
      },
    ],
  ])('%s, does not say that the application has its answer', async (_what, happens) => {
    const finished = await atLastStep();
    const { browser, last, page } = finished;
    await browser.get(last);
    await happens(finished);
    for (const url of [last, page.url]) {
      const over = await browser.follow(await browser.get(url));
      expect([over.status, pageName(over), over.location]).toEqual([200, 'sign-in-over', undefined]);
      expect(over.body).not.toContain('has its answer');
    }
  });

  test('does nothing in another browser (stolen address)', async () => {
    const { last } = await atLastStep();
    const stolen = await service.browser().get(last);
    expect([stolen.status, pageName(stolen)]).toEqual([400, 'error']);
    expect(stolen.body).toContain('attempt_wrong_browser');
  });

  test('opened too early leads to the page that is next', async () => {
    const browser = service.browser();
    const page = await service.approvalPage(browser);
    const early = await browser.get(page.url.replace('/sign-in/', '/oauth/authorize/'));
    expect(pageName(await browser.follow(early))).toBe('consent');
  });

  test('after signing out, going back signs nobody in again (shared computer)', async () => {
    const { browser, last, page } = await atLastStep();
    await browser.get(last);
    const { csrf = '' } = hiddenFields((await browser.get('/connections')).body);
    await browser.post('/connections', { csrf, action: 'leave' });
    for (const url of [last, page.url])
      expect((await browser.get(url)).body).toContain('attempt_wrong_browser');
    expect(pageName(await browser.get('/connections'))).toBe('signed-out');
  });

  test.each([
    ['and their session has ended', false],
    ['and only their cookie is gone', true],
  ])(
    'of somebody whose browser has another account now is over, %s (takeover on a shared computer)',
    async (_how, isLost) => {
      const [browser, first, second] = [service.browser(), somebody(), somebody()];
      await service.signIn(browser, service.authorizeUrl(await service.register()).url, first);
      const page = await service.approvalPage(browser);
      expect(page.body).toContain(`Name of acme-sso.example-${first}`);
      if (isLost) expect(browser.keep('gh-session=; Path=/; Max-Age=0')).toBe(true);
      const { url } = service.authorizeUrl(await service.register(), { prompt: 'login' });
      await service.signIn(browser, url, second);
      const over = [await browser.get(page.url), await browser.decide(page, 'approve')];
      for (const { status, body } of over)
        expect([status, body.includes('attempt_unknown')]).toEqual([400, true]);
      expect((await browser.get('/connections')).body).toContain(`Name of acme-sso.example-${second}`);
    },
  );

  test('in two tabs with two accounts gives each client its own', async () => {
    const browser = service.browser();
    const first = await atLastStep(browser);
    const clientId = await service.register();
    const { url, verifier } = service.authorizeUrl(clientId, { prompt: 'login' });
    const other = await service.signIn(browser, url, somebody());
    const ends = [
      await service.redeem(first.clientId, codeOf(await browser.get(first.last)), first.verifier),
      await service.redeem(clientId, other.get('code') ?? '', verifier),
    ];
    expect(ends.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(ends.map(({ access_token: token }) => decodeJwt(token ?? '').sub)).size).toBe(2);
  });
});

describe('the page of an approval', () => {
  test('answered by a double click goes on once', async () => {
    const browser = service.browser();
    const page = await service.approvalPage(browser);
    const fields = { ...hiddenFields(page.body), decision: 'approve' };
    const clicks = await Promise.all([
      browser.post(page.url, fields),
      browser.through(replica.local).post(page.url, fields),
    ]);
    for (const click of clicks)
      expect(new URL((await browser.follow(click)).location ?? '').hostname).toBe('acme-sso.example');
  });

  test('answered again from the history, at any later step, leads on', async () => {
    const browser = service.browser();
    const page = await service.approvalPage(browser);
    const fields = { ...hiddenFields(page.body), decision: 'approve' };
    const login = somebody();
    let at = await browser.follow(await browser.post(page.url, fields));
    for (const provider of ['acme-sso', 'octo', 'wiki']) {
      at = await browser.follow(await browser.post(page.url, fields));
      expect(new URL(at.location ?? '').hostname).toBe(`${provider}.example`);
      at = await service.answerLeg(browser, at, { code: `${provider}.example-${login}` });
    }
    expect(at.location?.startsWith(REDIRECT_URI)).toBe(true);
    at = await browser.follow(await browser.post(page.url, fields));
    expect(at.location?.startsWith(REDIRECT_URI)).toBe(true);
  });

  test('answered from the history after "cancel" tells the client once more that it was cancelled', async () => {
    const browser = service.browser();
    const page = await service.approvalPage(browser);
    await browser.decide(page, 'cancel');
    for (const decision of ['approve', 'cancel']) {
      const { location = '' } = await browser.decide(page, decision);
      expect(new URL(location).searchParams.get('error')).toBe('access_denied');
    }
  });

  test('that expired is shown anew in the same browser, and what was approved before counts no more', async () => {
    const browser = service.browser();
    const page = await service.approvalPage(browser);
    const away = await browser.decide(page, 'approve');
    await world.rows.query({
      name: 'expire',
      text: "update attempts set expires_at = now() - interval '1 second' where id = $1",
      values: [new URL(away.location ?? '').searchParams.get('state')?.split('.')[0]],
    });
    await world.rows.query({ name: 'sweep', text: 'delete from attempts where expires_at < now()' });
    // The old form is of the attempt that is gone.
    const stale = await browser.post(page.url, { ...hiddenFields(page.body), decision: 'approve' });
    expect([stale.status, pageName(stale)]).toEqual([403, 'error']);
    expect(stale.body).toContain('Show the page again');
    const shown = await browser.follow(await browser.get(buttonOf(stale)));
    expect(pageName(shown)).toBe('consent');
    const on = await browser.decide(shown, 'approve');
    expect(new URL(on.location ?? '').hostname).toBe('acme-sso.example');
  });

  test('of another account, left open in a second tab, does nothing and offers the current one', async () => {
    const browser = service.browser();
    const clientId = await service.register();
    await service.signIn(browser, service.authorizeUrl(clientId).url, somebody());
    const page = await service.approvalPage(browser, clientId);
    await browser.decide(page, 'another');
    const stale = await browser.post(page.url, { ...hiddenFields(page.body), decision: 'continue' });
    expect([stale.status, buttonOf(stale)]).toEqual([403, new URL(page.url).pathname]);
    expect(pageName(await browser.get(buttonOf(stale)))).toBe('consent');
  });

  test('whose sign-in is unknown here says so, with a way on', async () => {
    const page = await service.browser().get('/sign-in/aaaaaaaaaaaaaaaaaaaaa');
    expect([page.status, buttonOf(page)]).toEqual([400, '/connections']);
  });
});
