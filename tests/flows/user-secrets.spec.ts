import type { ScriptedBrowser } from '@gatehouse/scripted-browser/scripted-browser';
import { signIn } from '@gatehouse/scripted-browser/sign-in';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import { answerAsMcpServer } from '@gatehouse/testing/legacy-mcp';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';

/** An MCP server that knows people by keys of its own, as most do. */
class KeyedBackend extends HttpStub {
  readonly keys = new Map([
    ['key-of-alice-0123456789', 'alice'],
    ['key-of-bob-0123456789', 'bob'],
    ['new-key-of-alice-0123456789', 'alice'],
  ]);
  readonly authorizations: unknown[] = [];

  protected override answer(request: StubRequest, response: ServerResponse): void {
    this.authorizations.push(request.headers.authorization);
    const [, key = ''] = /^Token (.+)$/.exec(String(request.headers['x-api-key'])) ?? [];
    const login = this.keys.get(key);
    if (login === undefined) sendJson(response, 401, { error: 'who are you?' });
    else answerAsMcpServer(request, response, login);
  }
}

/** Two replicas of each service. */
let world: World;
let backend: KeyedBackend;

beforeAll(async () => {
  backend = await new KeyedBackend().start();
  world = await startWorld({ replicas: 2, configure: withIssues });
});
afterAll(async () => {
  await world.close();
  await backend.stop();
});

const withIssues = (yaml: string): string =>
  yaml
    .replace('backends:\n', `backends:\n  - { name: issues, url: ${backend.origin}/mcp }\n`)
    .replace(
      '  backends:\n',
      '  backends:\n    issues: { type: headerInjection, headerInjection: { headerName: X-Api-Key, scheme: Token, perUser: { name: jira, label: Jira API token } } }\n',
    );

const CAN_OPEN = { elicitation: { url: {} } };
const call = async (accessToken: string, capabilities = CAN_OPEN) =>
  await modernRequest(
    world.mcpUrl,
    accessToken,
    'tools/call',
    { name: 'issues_whoami', arguments: {} },
    capabilities,
  );
const subjectOf = async (accessToken: string): Promise<unknown> => {
  const { body } = await call(accessToken);
  return (body.result?.structuredContent as { readonly subject?: string } | undefined)?.subject;
};
const prompt = async (accessToken: string): Promise<{ readonly link: string; readonly said: string }> => {
  const said = JSON.stringify((await call(accessToken)).body);
  const [link = ''] = /http[^"]*\/connect\/jira[^"]*/.exec(said) ?? [];
  return { link, said };
};

async function enter(browser: ScriptedBrowser, secret: string): Promise<void> {
  const form = browser.page.forms.find(({ fields }) => fields.some(({ name }) => name === 'secret'));
  if (form === undefined) throw new Error(`no place for a secret on ${browser.page.url}`);
  await browser.submit({ form, fields: { secret } });
}

const heard: unknown[] = [];

test('a missing key ends in a link to the page where it is entered; the call works afterwards, on the same session and every replica', async () => {
  const client = await OAuthClient.register(world.mcpUrl);
  const people = await Promise.all(
    ['alice', 'bob'].map(async (login) => {
      const browser = newBrowser();
      return { login, browser, ...(await client.signIn(login, browser)) };
    }),
  );
  for (const { login, browser, accessToken } of people) {
    const { link, said } = await prompt(accessToken);
    expect(said).toContain('Enter your Jira API token to use \\"issues\\".');
    expect(link).toContain(`${world.issuer}/connect/jira?session=`);
    await browser.open(link);
    expect(browser.page.url).toBe(`${world.issuer}/connections`);
    await enter(browser, `key-of-${login}-0123456789`);
    expect([browser.page.status, browser.page.url]).toEqual([200, `${world.issuer}/connections`]);
    heard.push(said, browser.page.text, browser.page.url);
  }
  for (let time = 0; time < 6; time += 1)
    for (const { login, accessToken } of people) expect(await subjectOf(accessToken)).toBe(login);
});

test('a key that the backend refuses is asked for again, and the new one counts at once on every replica', async () => {
  const browser = newBrowser();
  const client = await OAuthClient.register(world.mcpUrl);
  const { accessToken } = await client.signIn('alice', browser);
  // What was entered belongs to the account: the new session has it.
  for (let time = 0; time < 4; time += 1) expect(await subjectOf(accessToken)).toBe('alice');

  backend.keys.delete('key-of-alice-0123456789');
  const { link, said } = await prompt(accessToken);
  expect(said).toContain('did not accept your Jira API token. Enter another one.');
  // A browser in which nobody is signed in: its person signs in first.
  const other = newBrowser();
  const arrived = await signIn(other, link, { login: 'alice', password: PASSWORD });
  expect([arrived.kind, other.page.url]).toEqual(['ended', `${world.issuer}/connections`]);
  await enter(other, 'new-key-of-alice-0123456789');
  for (let time = 0; time < 6; time += 1) expect(await subjectOf(accessToken)).toBe('alice');

  const remove = other.page.forms.find(({ fields }) =>
    fields.some(({ name, value }) => name === 'provider' && value === 'jira'),
  );
  if (remove === undefined) throw new Error('nothing to remove');
  await other.submit({ form: remove });
  for (let time = 0; time < 4; time += 1)
    expect((await prompt(accessToken)).said).toContain('Enter your Jira API token');
});

test('no key is in a log, a metric, a URL or an answer, and nothing but the key goes to the backend', async () => {
  const metrics = await Promise.all(
    (['vmcp-proxy', 'authorization-server', 'token-vault'] as const)
      .flatMap((service) => world.internalPortsOf(service))
      .map(async (port) => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
  );
  const all = `${world.logs()}${JSON.stringify(heard)}${metrics.join('')}`;
  expect(all).not.toMatch(/key-of-(alice|bob)-0123456789/);
  expect(new Set(backend.authorizations)).toEqual(new Set([undefined]));
});
