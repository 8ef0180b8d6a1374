import { signIn } from '@gatehouse/scripted-browser/sign-in';
import { AssertingIdp } from '@gatehouse/testing/id-jag-pair';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { signedIn } from '../support/callers.js';

/** People whom an identity provider asserts to a client (ID-JAG; MCP’s Enterprise-Managed Authorization), through all of Gatehouse. */

const SECRET = 'a-secret-of-an-assistant-of-the-company';
const ASSERTION = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const CLIENT = 'assistant';
const REPLICAS = 2;

let world: World;
let idp: AssertingIdp;

beforeAll(async () => {
  idp = await new AssertingIdp().start();
  world = await startWorld({
    replicas: REPLICAS,
    environment: { 'authorization-server': { ASSISTANT_SECRET: SECRET } },
    configure: (yaml) => {
      const mcpUrl = `${/^publicUrl: (\S+)/m.exec(yaml)?.[1] ?? ''}/mcp`;
      return `${yaml
        .replace(
          'clientRegistration: { metadataDocuments: { enabled: false } }',
          `clientRegistration:
    metadataDocuments: { enabled: false }
    clients:
      - clientId: ${CLIENT}
        clientName: Assistant
        clientSecret: { env: ASSISTANT_SECRET }
        identityAssertions: { issuers: ['${idp.origin}'], resources: ['${mcpUrl}'] }`,
        )
        .replace(/^authServer:\n/m, `authServer:\n  assertionIssuers: [{ issuer: '${idp.origin}' }]\n`)}
telemetry: { audit: { enabled: true } }
`;
    },
  });
});
afterAll(async () => {
  await world.close();
  await idp.stop();
});

async function assistant(): Promise<openid.Configuration> {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const insecure = { execute: [openid.allowInsecureRequests] };
  const auth = openid.ClientSecretBasic(SECRET);
  return await openid.discovery(new URL(world.issuer), CLIENT, undefined, auth, insecure);
}

/** What the provider asserts of a person to the assistant. */
const asserted = async (login: string): Promise<string> =>
  await idp.assertion({
    sub: `acme-${login}`,
    aud: world.issuer,
    client_id: CLIENT,
    resource: world.mcpUrl,
    scope: 'openid',
  });

const tokenFor = async (login: string): Promise<string> =>
  (await openid.genericGrantRequest(await assistant(), ASSERTION, { assertion: await asserted(login) }))
    .access_token;

test('two people get their own credentials at a backend, without a browser, at two replicas of everything; what is not the primary provider’s they connect once', async () => {
  const people = ['alice', 'bob'] as const;
  const browser = newBrowser();
  await (await OAuthClient.register(world.mcpUrl)).signIn('alice', browser);
  await signedIn(world, 'bob');
  const tokens = { alice: await tokenFor('alice'), bob: await tokenFor('bob') };
  // The balancer gives them to the replicas in turn.
  for (let count = 0; count < 2 * REPLICAS; count += 1)
    for (const login of people) {
      expect((await whoAmI(world.mcpUrl, tokens[login], 'directory')).who?.subject).toBe(`acme-${login}`);
      expect((await whoAmI(world.mcpUrl, tokens[login], 'tickets')).who?.subject).toBe(`acme-${login}`);
      expect((await whoAmI(world.mcpUrl, tokens[login], 'status')).who?.subject).toBeNull();
    }
  // The demonstration’s connections are not used again unasked.
  const call = { name: 'repos_whoami', arguments: {} };
  const prompt = await modernRequest(world.mcpUrl, tokens.alice, 'tools/call', call, {
    elicitation: { url: {} },
  });
  const link = /http[^"]*\/connect\/octo[^"]*/.exec(JSON.stringify(prompt.body))?.[0] ?? '';
  expect(link).toContain(`${world.issuer}/connect/octo`);
  await signIn(browser, link, { login: 'alice', password: PASSWORD });
  expect((await whoAmI(world.mcpUrl, tokens.alice, 'repos')).who?.subject).toBe('octo-alice');
  expect((await whoAmI(world.mcpUrl, tokens.bob, 'repos')).who).toBeUndefined();
  // The next assertion goes on with the same session.
  const next = await tokenFor('alice');
  expect(decodeJwt(next)['tsid']).toBe(decodeJwt(tokens.alice)['tsid']);
  expect((await whoAmI(world.mcpUrl, next, 'repos')).who?.subject).toBe('octo-alice');
  expect(world.logs()).toContain('assertion-redeemed');
  for (const secret of [tokens.alice, tokens.bob, next, SECRET]) expect(world.logs()).not.toContain(secret);
});

test('attack: one assertion gives one token at two replicas, and a revoked token is worth nothing at any of them', async () => {
  await signedIn(world, 'carol');
  const client = await assistant();
  const assertion = await asserted('carol');
  const answers = await Promise.allSettled(
    Array.from({ length: 2 * REPLICAS }, async () =>
      openid.genericGrantRequest(client, ASSERTION, { assertion }),
    ),
  );
  const [token, ...others] = answers.flatMap((one) =>
    one.status === 'fulfilled' ? [one.value.access_token] : [],
  );
  expect(others).toEqual([]);
  for (const one of answers)
    if (one.status === 'rejected') expect(one.reason).toMatchObject({ error: 'invalid_grant' });
  if (token === undefined) throw new Error('no token');
  expect((await whoAmI(world.mcpUrl, token, 'tickets')).who?.subject).toBe('acme-carol');
  await openid.tokenRevocation(client, token);
  for (let count = 0; count < 2 * REPLICAS; count += 1)
    expect((await whoAmI(world.mcpUrl, token, 'tickets')).status).toBe(401);
});

test('attack: somebody who has never signed in gets nothing, whoever asserts them', async () => {
  await expect(tokenFor('nobody')).rejects.toMatchObject({ error: 'invalid_grant' });
});
