import { signIn } from '@gatehouse/scripted-browser/sign-in';
import { GuardedBackend } from '@gatehouse/testing/guarded-backend';
import { McpAuthorizationServer } from '@gatehouse/testing/mcp-authorization-server';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expireInVault } from '../support/database.js';

/** Two replicas of each service before a backend that demands OAuth of its own. */
let world: World;
let authorization: McpAuthorizationServer;
let backend: GuardedBackend;

beforeAll(async () => {
  authorization = await new McpAuthorizationServer('/tenant').start();
  backend = await new GuardedBackend(authorization).start();
  world = await startWorld({ replicas: 2, configure: withNotes });
});

afterAll(async () => {
  await world.close();
  await Promise.all([backend.stop(), authorization.stop()]);
});

const withNotes = (yaml: string): string =>
  yaml
    .replace('backends:\n', `backends:\n  - { name: notes, url: ${backend.mcpUrl} }\n`)
    .replace('\nbackends:', '    - { name: notes, type: mcp, mcpConfig: { backend: notes } }\n\nbackends:')
    .replace(
      '  backends:\n',
      '  backends:\n    notes: { type: upstreamInject, upstreamInject: { providerName: notes } }\n',
    );

const CAN_OPEN = { elicitation: { url: {} } };
const call = async (accessToken: string) =>
  await modernRequest(
    world.mcpUrl,
    accessToken,
    'tools/call',
    { name: 'notes_whoami', arguments: {} },
    CAN_OPEN,
  );

test('one sign-in leads through the backend’s own authorization server; grants are renewed there, and lost ones get a link', async () => {
  const client = await OAuthClient.register(world.mcpUrl);
  const people: { readonly login: string; readonly accessToken: string }[] = [];
  const browser = newBrowser();
  for (const login of ['alice', 'bob']) {
    authorization.login = login;
    const { accessToken } = await client.signIn(login, login === 'alice' ? browser : newBrowser());
    people.push({ login, accessToken });
  }
  const everybodyReaches = async () => {
    for (const { login, accessToken } of people) {
      const { who, body } = await whoAmI(world.mcpUrl, accessToken, 'notes');
      expect([who?.subject, body.error]).toEqual([login, undefined]);
    }
  };
  await everybodyReaches();
  expect(authorization.registrations).toHaveLength(1);

  authorization.endAccessTokens();
  await everybodyReaches();
  const renewals = authorization.presented.filter(({ form }) => form.get('grant_type') === 'refresh_token');
  expect(renewals).toHaveLength(2);
  for (const { form } of renewals) expect(form.get('resource')).toBe(backend.mcpUrl);

  // The authorization server has lost its clients, and with them their grants.
  authorization.forgetClients();
  authorization.endAccessTokens();
  await expireInVault(world, 'notes');
  const links: string[] = [];
  for (const { accessToken } of people) {
    const { body } = await call(accessToken);
    const [link = ''] = /http[^"]*\/connect\/notes[^"]*/.exec(JSON.stringify(body)) ?? [];
    expect(link).toContain(`${world.issuer}/connect/notes`);
    links.push(link);
  }
  // What the others have is untouched.
  expect((await whoAmI(world.mcpUrl, people[0]?.accessToken ?? '', 'repos')).who?.subject).toBe('octo-alice');

  authorization.login = 'alice';
  await signIn(browser, links[0] ?? '', { login: 'alice', password: PASSWORD });
  expect([browser.page.status, browser.page.text]).toEqual([200, expect.stringContaining('notes')]);
  expect((await whoAmI(world.mcpUrl, people[0]?.accessToken ?? '', 'notes')).who?.subject).toBe('alice');
  expect(authorization.registrations).toHaveLength(2);
});

test('a call that needs more access asks its person, who agrees once and has all of it on every replica', async () => {
  authorization.login = 'dora';
  const browser = newBrowser();
  const client = await OAuthClient.register(world.mcpUrl);
  const { accessToken } = await client.signIn('dora', browser);
  const reaches = async () => (await whoAmI(world.mcpUrl, accessToken, 'notes')).who?.subject;
  expect(await reaches()).toBe('dora');

  backend.scopeOfCalls = 'notes:write';
  const { body } = await call(accessToken);
  const said = JSON.stringify(body);
  expect(said).toContain('needs more access');
  const [link = ''] = /http[^"]*\/connect\/notes[^"]*/.exec(said) ?? [];
  await signIn(browser, link, { login: 'dora', password: PASSWORD });
  expect(browser.page.status).toBe(200);
  expect(authorization.authorizations.at(-1)?.get('scope')?.split(' ').toSorted()).toEqual([
    'notes',
    'notes:write',
  ]);
  for (let time = 0; time < 4; time += 1) expect(await reaches()).toBe('dora');
  backend.scopeOfCalls = undefined;
  expect(await reaches()).toBe('dora');
});

test('no token of the backend is in a log or reaches the client', async () => {
  authorization.login = 'carol';
  const { accessToken } = await (await OAuthClient.register(world.mcpUrl)).signIn('carol');
  const { body } = await call(accessToken);
  const secrets = [...authorization.clients.values()].flatMap(({ secret }) => secret ?? []);
  expect(secrets.length).toBeGreaterThan(0);
  const heard = `${world.logs()}${JSON.stringify(body)}`;
  for (const secret of secrets) expect(heard).not.toContain(secret);
  expect(heard).not.toMatch(/access-(alice|bob|carol)-/);
});
