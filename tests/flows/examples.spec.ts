import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient } from '@gatehouse/testing/oauth-client';
import { answersOk, Program } from '@gatehouse/testing/program';
import { inRepository } from '@gatehouse/testing/repository';
import type { World } from '@gatehouse/testing/world';
import { afterEach, describe, expect, test } from '@jest/globals';
import { signedIn } from '../support/callers.js';
import { exampleConfiguration, startExample, type Example } from '../support/examples/example.js';
import { externalIssuer, type ExternalIssuer } from '../support/examples/external-issuer.js';

/** Each folder of examples/, started as it is written and used by a client. Only addresses and secrets are of this machine. */
let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** The hosts that a browser saw in a sign-in, as parts of the demonstration. */
const partsSeen = (visited: readonly string[], { portBase }: World): readonly string[] => {
  const parts = new Map([
    [portBase + 3, 'sso'],
    [portBase + 4, 'github'],
  ]);
  return [...new Set(visited.flatMap((url) => parts.get(Number(new URL(url).port)) ?? []))];
};

async function signsIn(world: World, login = 'alice') {
  const client = await OAuthClient.register(world.mcpUrl);
  const browser = newBrowser();
  const tokens = await client.signIn(login, browser);
  return { ...tokens, client, seen: partsSeen(browser.visited, world) };
}

const toolsOf = async (world: World, accessToken: string): Promise<readonly string[]> => {
  const { body } = await modernRequest(world.mcpUrl, accessToken, 'tools/list');
  return ((body.result?.['tools'] ?? []) as readonly { name: string }[]).map(({ name }) => name);
};

test('laptop: one sign-in at GitHub, and GitHub’s server gets the token of that person', async () => {
  world = await startExample('laptop');
  const { accessToken, refreshToken, client, seen } = await signsIn(world);
  expect(seen).toEqual(['github']);
  expect((await whoAmI(world.mcpUrl, accessToken, 'github')).who).toMatchObject({
    subject: 'octo-alice',
    unexpected: [],
  });
  expect(await toolsOf(world, accessToken)).toContain('github_list_repositories');
  expect(await client.refresh(refreshToken)).toMatchObject({ status: 200 });
});

test('company: one sign-in visits the SSO, then GitHub; each backend gets the token of its own provider', async () => {
  world = await startExample('company');
  const { accessToken, seen } = await signsIn(world);
  expect(seen).toEqual(['sso', 'github']);
  expect((await whoAmI(world.mcpUrl, accessToken, 'directory')).who).toMatchObject({
    issuer: `http://localhost:${world.portBase + 3}`,
    subject: 'acme-alice',
  });
  expect((await whoAmI(world.mcpUrl, accessToken, 'github')).who).toMatchObject({ subject: 'octo-alice' });
});

test('mixed: inject, both exchanges, one key for all and no credential, in one gateway', async () => {
  world = await startExample('mixed', {
    environment: { 'vmcp-proxy': { REPORTS_API_KEY: 'reports-demo-key' } },
  });
  const [alice, bob] = [await signedIn(world, 'alice'), await signedIn(world, 'bob')];
  const [sso, sts] = [`http://localhost:${world.portBase + 3}`, `http://localhost:${world.portBase + 5}`];
  const arrived = async (accessToken: string, backend: string) =>
    (await whoAmI(world?.mcpUrl ?? '', accessToken, backend)).who;
  for (const { login, accessToken } of [alice, bob]) {
    expect(await arrived(accessToken, 'directory')).toMatchObject({ issuer: sso, subject: `acme-${login}` });
    expect(await arrived(accessToken, 'tickets')).toMatchObject({
      issuer: sts,
      subject: `acme-${login}`,
      audience: 'tickets',
    });
    expect(await arrived(accessToken, 'reports')).toMatchObject({ credential: 'api-key' });
    expect(await arrived(accessToken, 'status')).toMatchObject({ credential: 'none', unexpected: [] });
  }
  const own = await Promise.all([alice, bob].map(({ accessToken }) => arrived(accessToken, 'notes')));
  expect(own).toMatchObject([
    { issuer: sts, audience: 'tickets-self' },
    { issuer: sts, audience: 'tickets-self' },
  ]);
  // The subject is who the person is to Gatehouse.
  expect(new Set(own.map((who) => who?.subject)).size).toBe(2);
});

describe('with an authorization server of somebody else', () => {
  const nightly = { clientId: 'nightly-report', clientSecret: 'nightly-report-secret' };
  const other = { clientId: 'other', clientSecret: 'other-program-secret' };
  let issuer: ExternalIssuer | undefined;
  afterEach(async () => {
    await issuer?.stop();
    issuer = undefined;
  });

  const start = async (example: Example) => {
    issuer = await externalIssuer([nightly, other]);
    world = await startExample(example, {
      further: [['https://login.acme.example', issuer.issuer]],
      environment: { 'vmcp-proxy': { REPORTS_API_KEY: 'reports-demo-key' } },
    });
    return { world, issuer };
  };

  test('external-issuer: a client is sent there, a person signs in there, and its token is taken here', async () => {
    const { world, issuer } = await start('external-issuer');
    const client = await OAuthClient.register(world.mcpUrl);
    expect(client.metadata.issuer).toBe(issuer.issuer);
    const request = client.authorizationRequest({ scope: 'mcp' });
    const answer = await client.authorize('alice', newBrowser(), request);
    expect(answer.get('error_description')).toBeNull();
    const redeemed = await client.redeem(answer.get('code') ?? '', request.codeVerifier);
    expect(redeemed).toMatchObject({ status: 200 });
    const accessToken = redeemed.access_token ?? '';
    expect((await whoAmI(world.mcpUrl, accessToken, 'reports')).who).toMatchObject({ credential: 'api-key' });
    expect((await whoAmI(world.mcpUrl, accessToken, 'status')).who).toMatchObject({
      credential: 'none',
      unexpected: [],
    });
    expect(world.replicas['authorization-server']).toEqual([]);
  });

  test('machine-clients: a program gets what the policy gives it, and another one does not', async () => {
    const { world, issuer } = await start('machine-clients');
    const [granted, refused] = await Promise.all(
      [nightly, other].map((machine) => issuer.tokenOf(machine, world.mcpUrl)),
    );
    expect((await whoAmI(world.mcpUrl, granted ?? '', 'reports')).who).toMatchObject({
      credential: 'api-key',
    });
    expect(await toolsOf(world, granted ?? '')).toContain('reports_run_report');
    expect(await toolsOf(world, refused ?? '')).toEqual(['status_list_incidents']);
    expect((await whoAmI(world.mcpUrl, refused ?? '', 'reports')).who).toBeUndefined();
    // A token for another service of the same issuer.
    const elsewhere = await issuer.tokenOf(nightly, 'https://other.acme.example/mcp');
    expect((await modernRequest(world.mcpUrl, elsewhere, 'tools/list')).status).toBe(401);
  });
});

test('stdio: everybody has a program, and a program has the token of its own person alone', async () => {
  const bridgePort = await freePort();
  const BRIDGE_SECRET = randomBytes(32).toString('base64url');
  const further = [
    ['bridge:\n', `bridge:\n  url: http://127.0.0.1:${bridgePort}\n`],
    ['cwd: .', `cwd: ${inRepository('examples/stdio')}`],
    ['[node, ', `[${process.execPath}, `],
  ] as const;
  world = await startExample('stdio', { further, environment: { 'vmcp-proxy': { BRIDGE_SECRET } } });
  const { portBase, mcpUrl } = world;
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-example-'));
  const file = join(folder, 'gatehouse.yaml');
  const yaml = await exampleConfiguration('stdio', further);
  await writeFile(
    file,
    yaml.replaceAll(/localhost:44(\d\d)/g, (_all, port) => `localhost:${portBase + Number(port) - 83}`),
  );
  const bridge = await new Program({
    name: 'bridge',
    script: inRepository('apps/gatehouse/dist/main.js'),
    args: ['bridge', '--config', file, '--listen', `127.0.0.1:${bridgePort}`],
    environment: { BRIDGE_SECRET },
    isReady: async () => await answersOk(`http://127.0.0.1:${bridgePort}/healthz`),
  }).start();
  try {
    const call = async (accessToken: string, name: string): Promise<unknown> => {
      const { body } = await modernRequest(mcpUrl, accessToken, 'tools/call', { name, arguments: {} });
      const [content] = (body.result?.['content'] ?? []) as readonly { readonly text: string }[];
      return content === undefined ? body : JSON.parse(content.text);
    };
    for (const { login, accessToken } of [await signedIn(world, 'alice'), await signedIn(world, 'bob')]) {
      expect(await call(accessToken, 'counter_visits')).toEqual({ visits: 1 });
      expect(await call(accessToken, 'counter_visits')).toEqual({ visits: 2 });
      expect(await call(accessToken, 'profile_whoami')).toEqual({ login });
      // No token is for this one.
      expect(await toolsOf(world, accessToken)).not.toContain('counter_whoami');
    }
  } finally {
    await bridge.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
