import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const POLICIES = [
  'permit(principal in Group::"engineering", action, resource in Backend::"repos");',
  'permit(principal in Group::"everybody", action, resource in Backend::"directory");',
];

let world: World;
beforeAll(async () => {
  world = await startWorld({
    configure: (yaml) =>
      yaml
        .replace(
          'scopes: [openid, profile, email, offline_access]',
          'scopes: [openid, profile, email, groups, offline_access]',
        )
        .replace(
          /^authServer:\n/m,
          `authServer:\n  claimMappings: { claims: [{ claim: groups }, { claim: preferred_username, as: login }] }\n`,
        ) + `\nincomingAuth:\n  type: oidc\n  authz: { policies: ${JSON.stringify(POLICIES)} }\n`,
  });
});
afterAll(() => world.close());

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    readonly groups?: readonly string[];
  };

async function rpc(token: string, method: string, params: object) {
  const response = await fetch(world.mcpUrl, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...('name' in params ? { 'mcp-name': String(params.name) } : {}),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  });
  const text = await response.text();
  return JSON.parse(text.replace(/^[^]*data: (?=\{)/, '')) as {
    readonly result?: {
      readonly tools?: readonly { readonly name: string }[];
      readonly structuredContent?: object;
    };
    readonly error?: { readonly message: string };
  };
}

const backendsSeen = async (token: string): Promise<readonly string[]> => {
  const { result } = await rpc(token, 'tools/list', {});
  return [...new Set((result?.tools ?? []).map(({ name }) => name.split('_')[0] ?? ''))].sort();
};
const call = async (token: string) => await rpc(token, 'tools/call', { name: 'repos_whoami', arguments: {} });

test('a member of the group sees and calls the tool, somebody else does not; a change at the provider takes effect with the next token', async () => {
  await world.demonstration.setGroups('alice', ['engineering', 'everybody']);
  const alice = await OAuthClient.register(world.mcpUrl);
  const signedIn = await alice.signIn('alice');
  expect(claimsOf(signedIn.accessToken)).toMatchObject({
    groups: ['engineering', 'everybody'],
    login: 'alice',
  });
  expect(await backendsSeen(signedIn.accessToken)).toEqual(['directory', 'repos']);
  expect((await call(signedIn.accessToken)).result).toMatchObject({
    structuredContent: { subject: 'octo-alice' },
  });

  // His groups are what everybody has.
  const bob = await OAuthClient.register(world.mcpUrl);
  const { accessToken: bobs } = await bob.signIn('bob');
  expect(claimsOf(bobs)).toMatchObject({ groups: ['everybody'], login: 'bob' });
  expect(await backendsSeen(bobs)).toEqual(['directory']);
  expect((await call(bobs)).error?.message).toBe('there is no such tool');

  await world.demonstration.setGroups('alice', ['everybody']);
  let { refreshToken } = signedIn;
  let renewed = '';
  await until(async () => {
    const answer = await alice.refresh(refreshToken);
    expect(answer.status).toBe(200);
    refreshToken = answer.refresh_token ?? '';
    renewed = answer.access_token ?? '';
    return claimsOf(renewed).groups?.includes('engineering') === false;
  });
  expect(await backendsSeen(renewed)).toEqual(['directory']);
  expect((await call(renewed)).error?.message).toBe('there is no such tool');
});

test('somebody whom the provider no longer knows gets no token with old groups: the client has to sign in again', async () => {
  await world.demonstration.setGroups('carol', ['engineering', 'everybody']);
  const client = await OAuthClient.register(world.mcpUrl);
  let { refreshToken } = await client.signIn('carol');
  await world.demonstration.revokeGrants('acme-sso');
  await until(async () => {
    const answer = await client.refresh(refreshToken);
    refreshToken = answer.refresh_token ?? refreshToken;
    return answer.status === 400 && answer.error === 'invalid_grant';
  });
});
