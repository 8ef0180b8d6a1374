import 'reflect-metadata';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { until } from '@gatehouse/testing/until';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { refreshTokenOf, REFUSED, tsidOf } from '../testing/rotation-world.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import type { StandInVault } from '../testing/stand-in-vault.js';
import { hiddenFields, pageName, type Answer, type TestBrowser } from '../testing/test-browser.js';
import type { TestService } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;
let vault: StandInVault;
const log = new KeptLog();

shareWorld(
  () => startServiceWorld(log),
  async (started) => {
    world = started;
    service = await world.startAnother({ access: { contact: 'it@acme.example' }, connectionReuse: 'always' });
    ({ vault } = service);
  },
);
beforeEach(() => {
  vault.verdict = { verdict: 'admitted' };
  vault.verdictOn = () => vault.verdict;
  vault.judged.length = 0;
  vault.claims = {};
});

const NO = { verdict: 'refused', reference: 'ref-of-the-vault' } as const;
let people = 0;
const somebody = (): string => `person-${(people += 1)}`;

/** Approves the client and comes back from the primary provider. */
const backFromPrimary = async (browser: TestBrowser, login: string): Promise<Answer> =>
  await service.atSecondProvider(browser, login);

/** Goes through every page and provider as one person, until the client gets its answer. */
async function walk(browser: TestBrowser, url: string, login: string, callback: string): Promise<void> {
  let at = await browser.follow(await browser.get(url));
  for (let step = 0; step < 10 && at.location?.startsWith(callback) !== true; step += 1) {
    const { hostname } = new URL(at.location ?? service.issuer);
    at =
      at.location === undefined
        ? await browser.decide(at, at.body.includes('value="approve"') ? 'approve' : 'continue')
        : await service.answerLeg(browser, at, { code: `${hostname}-${login}` });
  }
}

async function counts(): Promise<Readonly<Record<string, number>>> {
  const { rows } = await world.rows.query<Record<string, number>>({
    name: 'counts',
    text: `select (select count(*)::int from accounts) as accounts, (select count(*)::int from identities) as identities,
      (select count(*)::int from sessions) as sessions, (select count(*)::int from approvals) as approvals`,
  });
  return rows[0] ?? {};
}

const closeReason = async (tsid: string): Promise<string | null | undefined> => {
  const { rows } = await world.rows.query<{ close_reason: string | null }>({
    name: 'reason',
    text: 'select close_reason from sessions where tsid = $1',
    values: [tsid],
  });
  return rows[0]?.close_reason;
};

/** The client of the session was told of its end, or wants to hear of none. */
const hasNotice = async (tsid: string): Promise<boolean> => {
  const { rows } = await world.rows.query<{ tries: number }>({
    name: 'notices',
    text: 'select logout_tries as tries from sessions where tsid = $1',
    values: [tsid],
  });
  return (rows[0]?.tries ?? 0) > 0;
};

describe('somebody who may not sign in', () => {
  test('sees who they are, whom to ask and a number, goes to no other provider, and leaves nothing behind', async () => {
    const before = await counts();
    const opened = vault.opened.length;
    vault.verdict = { ...NO, reason: 'Contractors use the other gateway.' };
    const login = somebody();
    const page = await backFromPrimary(service.browser(), login);
    expect([page.status, pageName(page)]).toEqual([403, 'refused']);
    for (const said of [
      `Name of acme-sso.example-${login}`,
      'Contractors use the other gateway.',
      'href="mailto:it@acme.example"',
      'ref-of-the-vault',
    ])
      expect(page.body).toContain(said);
    const attemptId = vault.begun.at(-1)?.attemptId ?? '';
    expect(vault.begun.at(-1)?.provider).toBe('acme-sso');
    await until(() => vault.discarded.includes(attemptId));
    expect(await counts()).toEqual(before);
    expect(vault.opened).toHaveLength(opened);
  });

  test('is told the same when the page is loaded again, without being asked about twice', async () => {
    vault.verdict = NO;
    const browser = service.browser();
    const page = await backFromPrimary(browser, somebody());
    const again = await browser.get(page.url);
    expect(pageName(again)).toBe('refused');
    expect(again.body).toContain('ref-of-the-vault');
    expect(vault.judged).toHaveLength(1);
  });

  test('attack: gets no further by answering a page of before, or one that there is not', async () => {
    vault.verdict = NO;
    const browser = service.browser();
    const page = await backFromPrimary(browser, somebody());
    for (const decision of ['approve', 'continue', 'retry', 'skip']) {
      const fields = { ...hiddenFields(page.body), decision, provider: 'acme-sso' };
      const answer = await browser.follow(await browser.post(page.url, fields));
      expect(pageName(answer)).toBe('refused');
    }
  });

  test('goes back to the client, which is told access_denied and nothing of why', async () => {
    vault.verdict = { ...NO, reason: 'secret reason' };
    const browser = service.browser();
    const page = await backFromPrimary(browser, somebody());
    const { location = '' } = await browser.decide(page, 'cancel');
    const told = new URL(location).searchParams;
    expect(told.get('error')).toBe('access_denied');
    expect(told.get('code')).toBeNull();
    expect(location).not.toContain('secret');
    expect(location).not.toContain('ref-of-the-vault');
  });

  test('can let somebody else sign in in the same browser, who chooses an account anew and gets in', async () => {
    const [mallory, alice] = [somebody(), somebody()];
    vault.verdictOn = (who) =>
      who.of === 'attempt' && who.subject === `acme-sso.example-${mallory}` ? NO : { verdict: 'admitted' };
    const browser = service.browser();
    const clientId = await service.register();
    const { url } = service.authorizeUrl(clientId);
    const away = await browser.decide(await browser.follow(await browser.get(url)), 'approve');
    const page = await service.answerLeg(browser, away, { code: `acme-sso.example-${mallory}` });
    let at = await browser.decide(page, 'another');
    expect(vault.begun.at(-1)?.provider).not.toBe('octo');
    const seen: string[] = [];
    for (let step = 0; step < 10 && at.location?.startsWith('http://127.0.0.1:7777') !== true; step += 1) {
      if (at.status === 302) {
        const host = new URL(at.location ?? '').hostname;
        seen.push(host);
        at = await service.answerLeg(browser, at, { code: `${host}-${alice}` });
      } else at = await browser.decide(at, at.body.includes('value="approve"') ? 'approve' : 'continue');
    }
    expect(new URL(at.location ?? '').searchParams.get('code')).not.toBeNull();
    expect(vault.begun.find(({ provider, fresh }) => provider === 'acme-sso' && fresh)).toBeDefined();
    expect(JSON.stringify(vault.opened.at(-1))).not.toContain(mallory);
  });

  test('is not signed in silently: the client is told access_denied, without a page', async () => {
    const [browser, login] = [service.browser(), somebody()];
    // No other program can be this client.
    const callback = 'https://app.example/callback';
    const clientId = await service.register({
      redirect_uris: [callback],
      token_endpoint_auth_method: 'client_secret_post',
    });
    const wanted = { redirect_uri: callback, scope: 'openid' };
    await walk(browser, service.authorizeUrl(clientId, wanted).url, login, callback);
    const ask = async (): Promise<URLSearchParams> => {
      const { url } = service.authorizeUrl(clientId, { ...wanted, prompt: 'none' });
      const { location = '' } = await browser.follow(await browser.get(url));
      expect(location.startsWith(callback)).toBe(true);
      return new URL(location).searchParams;
    };
    expect((await ask()).get('code')).not.toBeNull();
    vault.verdict = NO;
    expect((await ask()).get('error')).toBe('access_denied');
    vault.verdict = 'provider_unavailable';
    expect((await ask()).get('code')).toBeNull();
  });

  test('does not sign a browser in at the connections page either', async () => {
    const login = somebody();
    await service.tokens(login);
    vault.verdict = NO;
    const browser = service.browser();
    const away = await browser.get('/connections/sign-in');
    const page = await service.answerLeg(browser, away, { code: `acme-sso.example-${login}` });
    expect([page.status, pageName(page)]).toEqual([403, 'refused']);
    expect(page.body).toContain('href="/connections/sign-in"');
    expect(pageName(await browser.get('/connections'))).toBe('signed-out');
  });
});

describe('an account whose connection is used again', () => {
  test('is judged before it signs in, and refused like anybody else', async () => {
    const [browser, login] = [service.browser(), somebody()];
    const { clientId, answer } = await service.tokens(login, browser);
    const accountId = decodeJwt(answer.access_token ?? '').sub;
    vault.judged.length = 0;
    vault.verdictOn = (who) => (who.of === 'account' ? NO : { verdict: 'admitted' });
    let at = await browser.follow(await browser.get(service.authorizeUrl(clientId).url));
    if (pageName(at) !== 'refused') at = await browser.decide(at, 'continue');
    expect(pageName(at)).toBe('refused');
    expect(at.body).toContain(`Name of acme-sso.example-${login}`);
    expect(vault.judged).toEqual([{ of: 'account', accountId }]);
  });

  test('is sent to the primary provider when the vault has nothing that says who may sign in', async () => {
    const [browser, login] = [service.browser(), somebody()];
    const { clientId } = await service.tokens(login, browser);
    vault.verdictOn = (who) => (who.of === 'account' ? 'reauth_required' : { verdict: 'admitted' });
    let at = await browser.follow(await browser.get(service.authorizeUrl(clientId).url));
    if (at.status !== 302) at = await browser.decide(at, 'continue');
    expect(at.location).toContain('//acme-sso.example/');
  });
});

test('somebody who may is asked about once in a sign-in, and once for each token', async () => {
  const { answer, clientId } = await service.tokens(somebody());
  const tsid = tsidOf(answer);
  expect(vault.judged.map(({ of }) => of)).toEqual(['attempt', 'session']);
  expect(vault.judged.at(-1)).toEqual({ of: 'session', tsid });
  expect((await service.refresh(clientId, refreshTokenOf(answer))).status).toBe(200);
  expect(vault.judged.map(({ of }) => of)).toEqual(['attempt', 'session', 'session']);
});

describe('a refresh', () => {
  test('attack: of somebody who may not any more is refused, and ends the session with all that it has', async () => {
    const { clientId, answer } = await service.tokens(somebody());
    const tsid = tsidOf(answer);
    vault.verdict = NO;
    expect(await service.refresh(clientId, refreshTokenOf(answer))).toMatchObject(REFUSED);
    expect(await closeReason(tsid)).toBe('signed_out');
    await until(() => vault.closed.includes(tsid));
    // Its client is told, where it wants to be (OpenID Connect Back-Channel Logout).
    await until(() => hasNotice(tsid));
    vault.verdict = { verdict: 'admitted' };
    expect(await service.refresh(clientId, refreshTokenOf(answer))).toMatchObject(REFUSED);
    expect(log.of('session-refused')).toContainEqual(
      expect.objectContaining({ reference: 'ref-of-the-vault' }),
    );
  });

  test('while nobody can say is answered with 503, uses nothing up and signs nobody out', async () => {
    const { clientId, answer } = await service.tokens(somebody());
    vault.verdict = 'provider_unavailable';
    for (let again = 0; again < 3; again += 1)
      expect(await service.refresh(clientId, refreshTokenOf(answer))).toMatchObject({
        status: 503,
        error: 'temporarily_unavailable',
      });
    vault.verdict = { verdict: 'admitted' };
    expect((await service.refresh(clientId, refreshTokenOf(answer))).status).toBe(200);
    expect(await closeReason(tsidOf(answer))).toBeNull();
  });

  test('of somebody whose provider wants them to sign in again is invalid_grant', async () => {
    const { clientId, answer } = await service.tokens(somebody());
    vault.verdict = 'reauth_required';
    expect(await service.refresh(clientId, refreshTokenOf(answer))).toMatchObject(REFUSED);
  });
});

test('attack: a code of somebody who was let in a moment ago, and may not any more, gives nothing', async () => {
  const clientId = await service.register();
  const { url, verifier } = service.authorizeUrl(clientId);
  const code = (await service.signIn(service.browser(), url, somebody())).get('code') ?? '';
  vault.verdict = NO;
  expect(await service.redeem(clientId, code, verifier)).toMatchObject(REFUSED);
});

describe('a sign-in that nobody can judge', () => {
  test.each(['provider_unavailable', 'provider_misconfigured', 'connection_missing'] as const)(
    'is not let through (%s): the person can try again, and nothing was written',
    async (code) => {
      const before = await counts();
      vault.verdict = code;
      const browser = service.browser();
      const page = await backFromPrimary(browser, somebody());
      expect(pageName(page)).toBe('failure');
      expect(page.body).toContain('data-provider="acme-sso"');
      expect(await counts()).toEqual(before);
      vault.verdict = { verdict: 'admitted' };
      const away = await browser.decide(page, 'retry');
      expect(away.location).toContain('//acme-sso.example/');
    },
  );
});
