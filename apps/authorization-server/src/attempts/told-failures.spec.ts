import 'reflect-metadata';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import type { Answer } from '../testing/test-browser.js';
import { callbackOf } from '../testing/test-service.js';

const PLANTED = 'planted-Secret-0f-a-browser-1234567890';
/** Every line that tells of a page or a leg that came to nothing. */
const OF_FAILURES = ['leg-refused', 'page-failed', 'request-failed', 'protocol-request-refused'];

let world: ServiceWorld;
const log = new KeptLog();
let people = 0;
const somebody = (): string => `person-${(people += 1)}`;

shareWorld(
  () => startServiceWorld(log),
  (started) => (world = started),
);
beforeEach(() => {
  log.lines.length = 0;
  log.alarms.length = 0;
});

const told = (): readonly Readonly<Record<string, unknown>>[] => {
  expect(log.lines.join()).not.toContain(PLANTED);
  return OF_FAILURES.flatMap((event) => log.of(event).map((fields) => ({ event, ...fields })));
};
const referenceOn = ({ body }: Answer): string | undefined =>
  /Reference: <code>([^<]+)<\/code>/.exec(body)?.[1];

describe('a callback that is of nothing leaves one line with the number that the page shows', () => {
  test.each([
    ['a state of nobody', `?state=x&code=${PLANTED}`],
    ['a state of a sign-in that is over', `?state=${'A'.repeat(22)}.x&code=${PLANTED}`],
    ['neither a state nor a sign-in', `?code=${PLANTED}`],
  ])('%s', async (_what, query) => {
    const page = await world.service.browser().get(`/oauth/callback/octo${query}`);
    expect(told()).toEqual([
      expect.objectContaining({
        event: 'page-failed',
        errorCode: 'callback_unknown',
        page: '/oauth/callback/:callback',
        reference: referenceOn(page),
      }),
    ]);
    expect(log.alarms).toEqual([]);
  });

  test('another browser than the one that was sent there', async () => {
    const away = await world.service.atSecondProvider(world.service.browser(), somebody());
    log.lines.length = 0;
    const page = await world.service.browser().get(callbackOf(away, { code: PLANTED }));
    expect(told()).toEqual([
      expect.objectContaining({ errorCode: 'callback_wrong_browser', reference: referenceOn(page) }),
    ]);
    // Somebody may have been led into another's sign-in.
    expect(log.alarms).toEqual(['page-failed']);
  });

  test('an attempt of another browser', async () => {
    const { url } = await world.service.approvalPage(world.service.browser());
    log.lines.length = 0;
    const page = await world.service.browser().get(url);
    expect(told()).toEqual([
      expect.objectContaining({ errorCode: 'attempt_wrong_browser', reference: referenceOn(page) }),
    ]);
    expect(log.alarms).toEqual(['page-failed']);
  });
});

describe('a request that has no way back to its client leaves one line with the number that the page shows', () => {
  const pages = { accept: 'text/html' };
  test.each([
    ['a client that is not known', '/oauth/authorize?client_id=gone', 'invalid_client'],
    [
      'a redirect URI that nobody can register',
      '/oauth/authorize?client_id=gone&redirect_uri=javascript:alert(1)',
      'invalid_redirect_uri',
    ],
    ['a logout by no identity token', '/oauth/end-session?id_token_hint=x', 'invalid_request'],
  ])('%s', async (_what, path, errorCode) => {
    const answer = await fetch(world.service.issuer + path, { headers: pages, redirect: 'manual' });
    expect(answer.status).toBe(400);
    const reference = /Reference: <code>([^<]+)<\/code>/.exec(await answer.text())?.[1];
    expect(reference).toMatch(/^[\w-]{12}$/);
    expect(told()).toEqual([
      expect.objectContaining({ event: 'protocol-request-refused', errorCode, reference }),
    ]);
  });

  test('a form that is none, at the authorization endpoint', async () => {
    const request = { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } };
    const text = await (await fetch(`${world.service.issuer}/oauth/authorize`, request)).text();
    const reference = /Reference: <code>([^<]+)<\/code>/.exec(text)?.[1];
    expect(told()).toEqual([expect.objectContaining({ errorCode: 'invalid_request', reference })]);
  });

  test('a character that nothing stores', async () => {
    const text = await (await fetch(`${world.service.issuer}/sign-in/a%00b`)).text();
    const reference = /Reference: <code>([^<]+)<\/code>/.exec(text)?.[1];
    expect(told()).toEqual([
      expect.objectContaining({ event: 'page-failed', errorCode: 'request_invalid', reference }),
    ]);
  });
});

describe('a leg that is refused', () => {
  test('by the provider is told by the vault, with the provider’s words, and not a second time', async () => {
    const browser = world.service.browser();
    const away = await world.service.atSecondProvider(browser, somebody());
    log.lines.length = 0;
    await world.service.answerLeg(browser, away, { error: 'access_denied', error_description: PLANTED });
    expect(told()).toEqual([]);
  });

  test('for an identity of somebody else leaves one line here, and is nobody’s alarm', async () => {
    const [alice, bob] = [somebody(), somebody()];
    await world.service.tokens(alice);
    const browser = world.service.browser();
    const away = await world.service.atSecondProvider(browser, bob);
    log.lines.length = 0;
    await world.service.answerLeg(browser, away, { code: `octo.example-${alice}` });
    expect(told()).toEqual([
      expect.objectContaining({ event: 'leg-refused', provider: 'octo', reason: 'identity_taken' }),
    ]);
    expect(log.alarms).toEqual([]);
  });

  test.each([
    ['unavailable', 'provider_unavailable', undefined],
    // The line of the vault, which says why.
    ['misconfigured', 'provider_misconfigured', 'told-by-the-vault'],
  ] as const)(
    'before anybody is sent to a provider that is %s leaves one line with the number on the page',
    async (state, errorCode, reference) => {
      world.service.vault[state].add('octo');
      const page = await world.service.atSecondProvider(world.service.browser(), somebody());
      world.service.vault[state].delete('octo');
      expect(told()).toEqual([
        expect.objectContaining({
          event: 'leg-refused',
          provider: 'octo',
          errorCode,
          attemptId: referenceOn(page),
          ...(reference === undefined ? {} : { reference }),
        }),
      ]);
    },
  );
});
