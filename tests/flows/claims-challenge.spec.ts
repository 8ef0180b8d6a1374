import { signIn } from '@gatehouse/scripted-browser/sign-in';
import type { ScriptedBrowser } from '@gatehouse/scripted-browser/scripted-browser';
import { EntraTenant, TENANT_SECRET } from '@gatehouse/testing/entra-tenant';
import { printFigure } from '@gatehouse/testing/figures';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TokenBackend } from '../support/token-backend.js';

const POLICY = 'policy-of-the-backend';

/** Two replicas of each service before a backend whose tokens a tenant of Entra issues on behalf of people. */
let world: World;
let entra: EntraTenant;
let docs: TokenBackend;

beforeAll(async () => {
  entra = await new EntraTenant().start();
  docs = await new TokenBackend(async (token) => {
    const login = entra.subjectOf(token);
    if (login === undefined) throw new Error('not for this backend');
    return await Promise.resolve(login);
  }).start();
  world = await startWorld({
    replicas: 2,
    environment: { 'token-vault': { ENTRA_SECRET: TENANT_SECRET, OBO_SECRET: 'obo-secret' } },
    configure: withDocs,
  });
});

afterAll(async () => {
  await world.close();
  await Promise.all([entra.stop(), docs.stop()]);
});

const withDocs = (yaml: string): string =>
  yaml
    .replace(
      '\nbackends:\n',
      `    - name: entra
      type: oidc
      oidcConfig:
        issuerUrl: ${entra.issuer}
        clientId: gatehouse
        clientSecret: { env: ENTRA_SECRET }
        scopes: [openid, offline_access]

backends:
  - { name: docs, url: ${docs.mcpUrl} }
`,
    )
    .replace(
      '  backends:\n',
      `  backends:
    docs:
      type: obo
      obo:
        tokenUrl: ${entra.tokenUrl}
        clientId: gatehouse-obo
        clientSecret: { env: OBO_SECRET }
        audience: api://docs
        scopes: [Docs.Read]
        subjectTokenProviderName: entra
`,
    );

interface Person {
  readonly login: string;
  readonly browser: ScriptedBrowser;
  readonly accessToken: string;
}

async function person(login: string): Promise<Person> {
  entra.login = login;
  const signedIn: Person[] = [];
  await until(async () => {
    const browser = newBrowser();
    const client = await OAuthClient.register(world.mcpUrl);
    // A machine that is too busy for its database says so: then a client comes back.
    const tokens = await client.signIn(login, browser).catch((error: unknown) => {
      if (!String(error).includes('temporarily_unavailable')) throw error;
      return undefined;
    });
    if (tokens === undefined) return false;
    signedIn.push({ login, browser, accessToken: tokens.accessToken });
    return true;
  }, 240_000);
  const [somebody] = signedIn;
  if (somebody === undefined) throw new Error(`${login} is not signed in`);
  return somebody;
}

const call = async ({ accessToken }: Person) =>
  (
    await modernRequest(
      world.mcpUrl,
      accessToken,
      'tools/call',
      { name: 'docs_whoami', arguments: {} },
      { elicitation: { url: {} } },
    )
  ).body;

const subjectSeen = async (somebody: Person): Promise<unknown> =>
  ((await call(somebody)).result?.structuredContent as { readonly subject?: string } | undefined)?.subject;

/** The link that a call ends in. */
async function prompted(somebody: Person): Promise<string> {
  const [link] = /http[^"]*\/connect\/entra[^"]*/.exec(JSON.stringify(await call(somebody))) ?? [];
  if (link === undefined) throw new Error(`${somebody.login} is not asked to connect`);
  return link;
}

async function connect({ login, browser }: Person, link: string): Promise<string | null> {
  entra.login = login;
  const before = entra.authorizations.length;
  await signIn(browser, link, { login, password: PASSWORD });
  expect([browser.page.status, browser.page.text]).toEqual([200, expect.stringContaining('is connected')]);
  expect(entra.authorizations).toHaveLength(before + 1);
  return entra.authorizations.at(-1)?.get('claims') ?? null;
}

test('a person is sent to Entra with the claims that it wants to see, and the next call succeeds on every replica; nobody else’s sign-in has them', async () => {
  const [alice, bob] = [await person('alice'), await person('bob')];
  expect(new Set(entra.authorizations.map((asked) => asked.get('claims')))).toEqual(new Set([null]));
  entra.policy = POLICY;

  const link = await prompted(alice);
  expect(link).toContain(`${world.issuer}/connect/entra`);
  // What is wanted of her is in no other sign-in.
  await person('carol');
  expect(entra.authorizations.at(-1)?.get('claims')).toBeNull();

  expect(await connect(alice, link)).toBe(entra.challenge);
  for (let time = 0; time < 6; time += 1) expect(await subjectSeen(alice)).toBe('alice');

  // He has shown nothing yet, whatever she has.
  expect(await connect(bob, await prompted(bob))).toBe(entra.challenge);
  for (let time = 0; time < 6; time += 1)
    expect([await subjectSeen(bob), await subjectSeen(alice)]).toEqual(['bob', 'alice']);

  printFigure(
    `claims challenge: 2 people at 2 replicas, ${entra.refused} exchanges refused for want of claims, 2 sign-ins with them, 18 calls right`,
  );
  expect(world.logs()).not.toContain(POLICY);
  for (const header of docs.seen.filter((one) => one !== ''))
    expect(world.logs()).not.toContain(header.replace('Bearer ', ''));
});

test('attack: a person who takes the claims out of the request has shown nothing, and is asked again', async () => {
  entra.policy = 'another-policy';
  const dora = await person('dora');
  const link = await prompted(dora);
  entra.hearsClaims = false;
  await connect(dora, link);
  entra.hearsClaims = true;
  expect(await connect(dora, await prompted(dora))).toBe(entra.challenge);
  expect(await subjectSeen(dora)).toBe('dora');
});
