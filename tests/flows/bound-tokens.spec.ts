import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as openid from 'openid-client';

/** DPoP (RFC 9449) through all of Gatehouse, by a client that nobody here wrote. */

let world: World;
let client: OAuthClient;

beforeAll(async () => {
  world = await startWorld({
    replicas: 2,
    configure: (yaml) => yaml.replace(/^authServer:$/m, 'authServer:\n  dpop: { nonces: required }'),
  });
  client = await OAuthClient.register(world.mcpUrl);
});
afterAll(() => world.close());

const LIST = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/list',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'bound', version: '1' },
    },
  },
};
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/list',
};

test('a client binds its tokens to a key, calls and refreshes with nonces at two replicas of everything, and a thief of the tokens does neither', async () => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const options = { execute: [openid.allowInsecureRequests] };
  const { clientId } = client;
  const known = await openid.discovery(new URL(world.issuer), clientId, undefined, openid.None(), options);
  const DPoP = openid.getDPoPHandle(known, await openid.randomDPoPKeyPair());
  const request = client.authorizationRequest({ dpop_jkt: await DPoP.calculateThumbprint() });
  const answer = await client.authorize('alice', undefined, request);
  const redirect = new URL(request.url).searchParams.get('redirect_uri') ?? '';
  const checks = { pkceCodeVerifier: request.codeVerifier, expectedState: request.state };
  const url = new URL(`${redirect}?${answer.toString()}`);
  const tokens = await openid.authorizationCodeGrant(known, url, checks, undefined, { DPoP });
  expect(tokens.token_type).toBe('dpop');
  const call = async (token: string): Promise<number> => {
    const response = await openid.fetchProtectedResource(
      known,
      token,
      new URL(world.mcpUrl),
      'POST',
      JSON.stringify(LIST),
      new Headers(HEADERS),
      { DPoP },
    );
    expect(await response.text()).toContain('repos_whoami');
    return response.status;
  };
  // The balancer gives them to the replicas in turn.
  for (let count = 0; count < 6; count += 1) expect(await call(tokens.access_token)).toBe(200);
  const renewed = await openid.refreshTokenGrant(known, tokens.refresh_token ?? '', undefined, { DPoP });
  expect(await call(renewed.access_token)).toBe(200);

  const stolen = await fetch(world.mcpUrl, {
    method: 'POST',
    headers: { ...HEADERS, authorization: `Bearer ${renewed.access_token}` },
    body: JSON.stringify(LIST),
  });
  expect([stolen.status, stolen.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringMatching(/^DPoP error="invalid_token"/),
  ]);
  expect((await client.refresh(renewed.refresh_token ?? '')).error).toBe('invalid_grant');
  expect(await call(renewed.access_token)).toBe(200);
  expect(world.logs()).not.toContain(renewed.access_token);
});
