import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient } from '@gatehouse/testing/oauth-client';
import { inRepository } from '@gatehouse/testing/repository';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterEach, expect, test } from '@jest/globals';

/** The manifests in examples/from-toolhive, started as they are: only addresses, client ids and secrets are of this machine. */
let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const STANDS_FOR: readonly (readonly [written: string, here: string])[] = [
  ['https://mcp.example.com', 'http://localhost:4483'],
  ['https://auth.example.com', 'http://localhost:4484'],
  ['https://accounts.google.com', 'http://localhost:4486'],
  ['https://dev-123456.okta.com/oauth2/default', 'http://localhost:4486'],
  ['https://dev-123456.okta.com/oauth2/aus987/v1/token', 'http://localhost:4488/token'],
  ['https://github.com/login', 'http://localhost:4487/login'],
  ['https://api.github.com/user', 'http://localhost:4487/user'],
  ['https://api.githubcopilot.com/mcp', 'http://localhost:4489/mcp'],
  ['https://directory.example.com/mcp', 'http://localhost:4490/directory/mcp'],
  ['https://tickets.example.com/mcp', 'http://localhost:4490/mcp'],
  ['https://status.example.com/mcp', 'http://localhost:4489/status/mcp'],
  ['audience: backend-api', 'audience: tickets'],
  ['clientId: my-exchange-client', 'clientId: gatehouse-exchange'],
];

const privateKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();

/** The Secrets that the manifests refer to, in front of them: the world adds to the last document. */
const secrets = (namespace: string): string =>
  [
    {
      name: 'provider-secrets',
      data: {
        github: 'octo-demo-secret',
        google: 'acme-demo-secret',
        okta: 'acme-demo-secret',
        exchange: 'sts-demo-secret',
      },
    },
    { name: 'auth-signing-key', data: { 'private-key': privateKey() } },
  ]
    .map(({ name, data }) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData: data }),
    )
    .join('\n---\n');

async function start(example: string, namespace: string, callbacks: readonly string[]): Promise<World> {
  const text = await readFile(inRepository('examples/from-toolhive', `gatehouse-${example}.yaml`), 'utf8');
  const local = STANDS_FOR.reduce((before, [written, here]) => before.replaceAll(written, here), text);
  return await startWorld({
    configuration: `${secrets(namespace)}\n---\n${local.replaceAll(/clientId: my-\S+/g, 'clientId: gatehouse')}`,
    demonstrationFlags: (portBase) =>
      callbacks.map(
        (callback) => `--callback-url=http://localhost:${portBase + 1}/oauth/callback${callback}`,
      ),
  });
}

test('github-and-google: services start from manifests, one sign-in visits both providers, and each backend gets the token of its own', async () => {
  world = await start('github-and-google', 'toolhive-system', ['/github', '/google']);
  const { mcpUrl, portBase } = world;
  for (const login of ['alice', 'bob']) {
    const client = await OAuthClient.register(mcpUrl);
    const browser = newBrowser();
    const { accessToken, refreshToken } = await client.signIn(login, browser);
    const ports = browser.visited.map((url) => Number(new URL(url).port) - portBase);
    expect([...new Set(ports)].filter((offset) => offset === 3 || offset === 4)).toEqual([4, 3]);
    expect((await whoAmI(mcpUrl, accessToken, 'backend-github')).who).toMatchObject({
      subject: `octo-${login}`,
    });
    expect((await whoAmI(mcpUrl, accessToken, 'backend-google')).who).toMatchObject({
      issuer: `http://localhost:${portBase + 3}`,
      subject: `acme-${login}`,
    });
    expect(await client.refresh(refreshToken)).toMatchObject({ status: 200 });
  }
});

test('okta-exchange: the token of each person is exchanged, and groups of the provider decide what they may call', async () => {
  world = await start('okta-exchange', 'default', ['']);
  const { mcpUrl, portBase } = world;
  for (const login of ['alice', 'bob']) {
    const { accessToken } = await (await OAuthClient.register(mcpUrl)).signIn(login);
    expect((await whoAmI(mcpUrl, accessToken, 'tickets')).who).toMatchObject({
      issuer: `http://localhost:${portBase + 5}`,
      subject: `acme-${login}`,
      audience: 'tickets',
    });
    const { body } = await modernRequest(mcpUrl, accessToken, 'tools/list');
    const names = ((body.result?.['tools'] ?? []) as readonly { name: string }[]).map(({ name }) => name);
    expect(names).toContain('tickets_whoami');
    expect(names).not.toContain('status_list_incidents');
  }
});
