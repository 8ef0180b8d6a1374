import { signIn } from '@gatehouse/scripted-browser/sign-in';
import type { ScriptedBrowser } from '@gatehouse/scripted-browser/scripted-browser';
import { challengeFor, EntraTenant, TENANT_SECRET } from '@gatehouse/testing/entra-tenant';
import { printFigure } from '@gatehouse/testing/figures';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ChallengingBackend } from '../support/challenging-backend.js';

const POLICY = 'policy-of-the-backend-itself';
const BACKENDS = ['mail', 'docs'] as const;
type Name = (typeof BACKENDS)[number];

/** Two replicas of each service before backends that want to see more of their people's sign-ins at Entra. */
let world: World;
let entra: EntraTenant;
let backends: Readonly<Record<Name, ChallengingBackend>>;

beforeAll(async () => {
  entra = await new EntraTenant().start();
  backends = {
    mail: await new ChallengingBackend(entra).start(),
    docs: await new ChallengingBackend(entra).start(),
  };
  world = await startWorld({
    replicas: 2,
    environment: { 'token-vault': { ENTRA_SECRET: TENANT_SECRET, OBO_SECRET: 'obo-secret' } },
    configure: withBackends,
  });
});

afterAll(async () => {
  await world.close();
  await Promise.all([entra.stop(), backends.mail.stop(), backends.docs.stop()]);
});

/** One gets the person's own token, the other one that was issued on their behalf. */
const withBackends = (yaml: string): string =>
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
  - { name: mail, url: ${backends.mail.mcpUrl} }
  - { name: docs, url: ${backends.docs.mcpUrl} }
`,
    )
    .replace(
      '  backends:\n',
      `  backends:
    mail: { type: upstreamInject, upstreamInject: { providerName: entra } }
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
  const browser = newBrowser();
  const { accessToken } = await (await OAuthClient.register(world.mcpUrl)).signIn(login, browser);
  return { login, browser, accessToken };
}

const call = async ({ accessToken }: Person, backend: Name) =>
  (
    await modernRequest(
      world.mcpUrl,
      accessToken,
      'tools/call',
      { name: `${backend}_whoami`, arguments: {} },
      { elicitation: { url: {} } },
    )
  ).body;

const subjectSeen = async (somebody: Person, backend: Name): Promise<unknown> =>
  ((await call(somebody, backend)).result?.structuredContent as { readonly subject?: string } | undefined)
    ?.subject;

/** The link that a call ends in. */
async function prompted(somebody: Person, backend: Name): Promise<string> {
  const said = JSON.stringify(await call(somebody, backend));
  const [link] = /http[^"]*\/connect\/entra[^"]*/.exec(said) ?? [];
  if (link === undefined) throw new Error(`${somebody.login} is not asked to connect: ${said}`);
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

test.each(BACKENDS)(
  'what %s wants to see goes along with the sign-in of the person that it refused, and of nobody else; then all calls succeed on every replica',
  async (name) => {
    const backend = backends[name];
    const [alice, bob] = [await person(`alice-${name}`), await person(`bob-${name}`)];
    for (const one of [alice, bob]) expect(await subjectSeen(one, name)).toBe(one.login);
    backend.policy = `${POLICY}-${name}`;

    const link = await prompted(alice, name);
    expect(link).toContain(`${world.issuer}/connect/entra`);
    // What is wanted of her is in no other sign-in.
    await person(`carol-${name}`);
    expect(entra.authorizations.at(-1)?.get('claims')).toBeNull();

    expect(await connect(alice, link)).toBe(challengeFor(backend.policy));
    for (let time = 0; time < 6; time += 1) expect(await subjectSeen(alice, name)).toBe(alice.login);

    // He has shown nothing yet, whatever she has.
    expect(await connect(bob, await prompted(bob, name))).toBe(challengeFor(backend.policy));
    for (let time = 0; time < 6; time += 1)
      expect([await subjectSeen(bob, name), await subjectSeen(alice, name)]).toEqual([
        bob.login,
        alice.login,
      ]);
    printFigure(
      `challenge of a backend (${name}): 2 people at 2 replicas, ${backend.refused} calls refused for want of claims, 2 sign-ins with them, 18 calls right`,
    );
  },
);

test('attack: what a backend writes into its challenge, and the tokens that it was shown, are in no log', () => {
  expect(world.logs()).not.toContain(POLICY);
  expect(world.logs()).not.toContain(Buffer.from(`["${POLICY}`).toString('base64').slice(4, 20));
  const seen = Object.values(backends).flatMap((one) => one.seen);
  expect(seen.length).toBeGreaterThan(0);
  for (const header of new Set(seen.filter((one) => one !== '')))
    expect(world.logs()).not.toContain(header.replace('Bearer ', ''));
});
