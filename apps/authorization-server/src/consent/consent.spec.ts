import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { hiddenFields, pageName, type Answer, type TestBrowser } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

const REUSE = ['never', 'confirm', 'always'] as const;
const VIEW = 'http://localhost:9/mcp/views/support';
const HTTPS_REDIRECT = 'https://app.example/callback';

let world: ServiceWorld;
let service: TestService;
const withReuse = new Map<string, TestService>();

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  const { keyEncryptionKeys } = service.config;
  for (const connectionReuse of REUSE)
    withReuse.set(connectionReuse, await world.startAnother({ connectionReuse, keyEncryptionKeys }));
});

let people = 0;
const somebody = (): string => `consenting-${(people += 1)}`;

/** As far as it goes without its user. */
const openAt = async (
  at: TestService,
  browser: TestBrowser,
  clientId: string,
  redirectUri: string,
): Promise<Answer> =>
  await browser.follow(await browser.get(at.authorizeUrl(clientId, { redirect_uri: redirectUri }).url));

/** A first sign-in, with everything that it asks. */
async function signedIn(at: TestService, clientId: string, redirectUri = REDIRECT_URI) {
  const [browser, login] = [at.browser(), somebody()];
  const page = await openAt(at, browser, clientId, redirectUri);
  expect(pageName(page)).toBe('consent');
  let away = await browser.decide(page, 'approve');
  for (const provider of ['acme-sso', 'octo', 'wiki'])
    away = await at.answerLeg(browser, away, { code: `${provider}.example-${login}` });
  expect(away.location).toContain('code=');
  return { browser, login };
}

/** What a client registered is rewritten, as when it registers anew or its document changes. */
const rewrite = async (clientId: string, change: Readonly<Record<string, unknown>>): Promise<void> => {
  await world.rows.query({
    name: 'rewrite-client',
    text: "update oidc_records set payload = payload || $2::jsonb where model = 'Client' and payload->>'client_id' = $1",
    values: [clientId, JSON.stringify(change)],
  });
};

describe('a client that somebody else could be gets no code without its user (RFC 8252, section 8.6)', () => {
  const clients: readonly (readonly [string, string])[] = [
    ['on loopback', REDIRECT_URI],
    ['with a private-use scheme', 'cursor://anysphere.cursor-mcp/oauth/callback'],
    ['that does not authenticate', HTTPS_REDIRECT],
  ];

  test.each(REUSE.flatMap((reuse) => clients.map(([kind, uri]) => ({ reuse, kind, uri }))))(
    'the second sign-in of a client $kind, connectionReuse: $reuse',
    async ({ reuse, uri }) => {
      const at = withReuse.get(reuse) ?? service;
      const clientId = await service.register({ redirect_uris: [uri] });
      const { browser, login } = await signedIn(at, clientId, uri);
      const begun = service.vault.begun.length;
      const page = await openAt(at, browser, clientId, uri);
      expect([page.status, pageName(page), page.location]).toEqual([200, 'continue', undefined]);
      expect(service.vault.begun).toHaveLength(begun);
      for (const shown of [
        `Continue as Name of acme-sso.example-${login}?`,
        'Test Client',
        uri,
        'cannot be checked',
      ])
        expect(page.body).toContain(shown);
      let end = await browser.decide(page, 'continue');
      for (const provider of ['acme-sso', 'octo', 'wiki'])
        if (end.location?.includes('code=') !== true)
          end = await at.answerLeg(browser, end, { code: `${provider}.example-${login}` });
      expect(end.location).toContain('code=');
      // Again, and no shorter.
      expect(pageName(await openAt(at, browser, clientId, uri))).toBe('continue');
    },
  );

  test('who continues as one person and comes back from the provider as another is asked as that one (account mix-up)', async () => {
    const at = withReuse.get('never') ?? service;
    const clientId = await service.register();
    const other = await signedIn(at, clientId);
    const { browser, login } = await signedIn(at, clientId);
    const page = await openAt(at, browser, clientId, REDIRECT_URI);
    const away = await browser.decide(page, 'continue');
    const asked = await at.answerLeg(browser, away, { code: `acme-sso.example-${other.login}` });
    expect([pageName(asked), asked.location]).toEqual(['continue', undefined]);
    expect(asked.body).toContain(`Continue as Name of acme-sso.example-${other.login}?`);
    expect(asked.body).not.toContain(`acme-sso.example-${login}?`);
    const next = await browser.decide(asked, 'continue');
    expect(new URL(next.location ?? '').hostname).toBe('octo.example');
  });

  test('a port of its own each time does not ask for the whole approval again', async () => {
    const clientId = await service.register({ redirect_uris: ['http://127.0.0.1/callback'] });
    const { browser } = await signedIn(service, clientId, 'http://127.0.0.1:5001/callback');
    expect(pageName(await openAt(service, browser, clientId, 'http://127.0.0.1:5002/callback'))).toBe(
      'continue',
    );
  });
});

test('a client that authenticates, at an https address, is not in the way of its user', async () => {
  const at = withReuse.get('always') ?? service;
  const clientId = await service.register({
    redirect_uris: [HTTPS_REDIRECT],
    token_endpoint_auth_method: 'client_secret_basic',
  });
  const { browser } = await signedIn(at, clientId, HTTPS_REDIRECT);
  expect((await openAt(at, browser, clientId, HTTPS_REDIRECT)).location).toContain(`${HTTPS_REDIRECT}?code=`);
});

describe('what is approved is what was shown', () => {
  test('the page shows the whole address that the code goes to', async () => {
    const long = `https://app.example/${'very-long-'.repeat(40)}callback?tenant=a&x=${'y'.repeat(300)}`;
    for (const uri of [REDIRECT_URI, 'com.example.app:/oauth/callback', long]) {
      const clientId = await service.register({ redirect_uris: [uri] });
      const page = await openAt(service, service.browser(), clientId, uri);
      expect(page.body).toContain(uri.replaceAll('&', '&amp;'));
      expect(page.body).toContain(URL.parse(uri)?.host ?? '');
    }
  });

  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['under another name', { client_name: 'Your Bank' }, HTTPS_REDIRECT],
    ['at another path of the host', {}, `${HTTPS_REDIRECT}/elsewhere`],
    ['with another query', {}, `${HTTPS_REDIRECT}?to=elsewhere`],
    [
      'with another address beside the one it uses',
      { redirect_uris: [HTTPS_REDIRECT, 'https://evil.example/'] },
      HTTPS_REDIRECT,
    ],
  ])('an approved client is approved anew %s (bait and switch)', async (_how, change, uri) => {
    const uris = [HTTPS_REDIRECT, `${HTTPS_REDIRECT}/elsewhere`, `${HTTPS_REDIRECT}?to=elsewhere`];
    const clientId = await service.register({ redirect_uris: uris });
    const { browser } = await signedIn(service, clientId, HTTPS_REDIRECT);
    expect(pageName(await openAt(service, browser, clientId, HTTPS_REDIRECT))).toBe('continue');
    await rewrite(clientId, change);
    expect(pageName(await openAt(service, browser, clientId, uri))).toBe('consent');
  });

  test('attack: an approval covers no backend that was added after it', async () => {
    const withBackends = async (view: readonly string[], ...names: readonly string[]): Promise<TestService> =>
      await world.startAnother({
        issuer: service.issuer,
        connectionReuse: 'always',
        branding: {
          ...service.config.branding,
          backends: new Map(names.map((name) => [name, { label: name }])),
        },
        partBackends: new Map([[VIEW, view]]),
      });
    const clientId = await service.register();
    const before = await withBackends(['files'], 'files', 'chat');
    const after = await withBackends(['files', 'chat'], 'files', 'chat', 'pay');
    for (const [resource, added] of [
      [service.config.resourceUrl, 'pay'],
      [VIEW, 'chat'],
    ] as const) {
      const { url } = service.authorizeUrl(clientId, { resource });
      const browser = service.browser();
      const pageAt = async ({ local }: TestService): Promise<Answer> =>
        await browser.through(local).follow(await browser.through(local).get(url));
      await service.signIn(browser.through(before.local), url, somebody());
      expect(pageName(await pageAt(before))).toBe('continue');
      const page = await pageAt(after);
      expect([pageName(page), page.body.includes(added)]).toEqual(['consent', true]);
    }
    await Promise.all([before.close(), after.close()]);
  });

  test('a client that changes between the page and its answer is shown again, not approved (time of check)', async () => {
    const clientId = await service.register();
    const browser = service.browser();
    const page = await service.approvalPage(browser, clientId);
    await rewrite(clientId, { client_name: 'Your Bank' });
    const begun = service.vault.begun.length;
    const again = await browser.decide(page, 'approve');
    expect([pageName(again), again.body.includes('Your Bank')]).toEqual(['consent', true]);
    expect(service.vault.begun).toHaveLength(begun);
    expect((await browser.decide(again, 'approve')).status).toBe(302);
  });

  test('a client that changes after the answer is approved anew before it gets anything', async () => {
    const clientId = await service.register();
    const browser = service.browser();
    const page = await service.approvalPage(browser, clientId);
    const away = await browser.decide(page, 'approve');
    await rewrite(clientId, { client_name: 'Your Bank' });
    const next = await service.answerLeg(browser, away, { code: `acme-sso.example-${somebody()}` });
    expect(pageName(next)).toBe('consent');
  });

  test('a form cannot say that something else was shown (forged fingerprint)', async () => {
    const browser = service.browser();
    const page = await service.approvalPage(browser);
    const { csrf = '' } = hiddenFields(page.body);
    for (const shown of ['', 'x'.repeat(43)])
      expect((await browser.post(page.url, { csrf, shown, decision: 'approve' })).status).toBe(403);
    expect((await browser.post(page.url, { csrf, decision: 'approve' })).status).toBe(403);
  });
});

describe('an address where no code may be sent', () => {
  test.each([
    'slack://x/cb',
    'javascript:alert(1)',
    'https://user@app.example/cb',
    'https://app.example/\\x',
  ])('%s: of a client that an earlier release registered is refused on a page', async (uri) => {
    const clientId = await service.register();
    await rewrite(clientId, { redirect_uris: [uri] });
    const page = await openAt(service, service.browser(), clientId, uri);
    expect([page.status, pageName(page), page.location]).toEqual([400, 'error', undefined]);
  });

  test.each([
    'http://127.0.0.1:7\t777/callback',
    'http://127.0.0.1:7777/callback\n',
    'http://user@127.0.0.1:7777/callback',
    'http://127.0.0.1:7777\\callback',
  ])('%j: is not taken for the registered one (parser differences)', async (uri) => {
    const page = await openAt(service, service.browser(), await service.register(), uri);
    expect([page.status, pageName(page), page.location]).toEqual([400, 'error', undefined]);
  });
});
