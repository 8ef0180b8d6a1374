import { CertificateAuthority, passedOn } from '@gatehouse/testing/certificate-authority';
import { certifiedFetch } from '@gatehouse/testing/certified-fetch';
import { CertifyingProxy } from '@gatehouse/testing/certifying-proxy';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { selfSignedCertificate } from '@gatehouse/testing/self-signed';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as openid from 'openid-client';

/** Mutual TLS (RFC 8705) through all of Gatehouse, by a client that nobody here wrote. */

const server = selfSignedCertificate('localhost', '127.0.0.1');
const own = selfSignedCertificate('own');
const thiefs = CertificateAuthority.make('Clients').issue({ commonName: 'thief' });

let world: World;
let fronts: { readonly authorizationServer: CertifyingProxy; readonly mcp: CertifyingProxy };

beforeAll(async () => {
  world = await startWorld({
    replicas: 2,
    configure: (yaml) =>
      yaml
        .replace(
          /^authServer:$/m,
          'authServer:\n  mtls: { header: Client-Cert }\n  trustedProxies: [127.0.0.1]',
        )
        .concat('\ntrustedProxies: [127.0.0.1]\n'),
  });
  const before = async (url: string): Promise<CertifyingProxy> =>
    await CertifyingProxy.start({ certificate: server, port: Number(new URL(url).port) });
  fronts = { authorizationServer: await before(world.issuer), mcp: await before(world.mcpUrl) };
});
afterAll(async () => {
  await fronts.authorizationServer.close();
  await fronts.mcp.close();
  await world.close();
});

const LIST = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/list',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'certified', version: '1' },
    },
  },
};

test('a client binds its tokens to its certificate, calls and refreshes at two replicas of everything, and a thief of the tokens does neither', async () => {
  const client = await OAuthClient.register(world.mcpUrl, 'certified client', {
    tls_client_certificate_bound_access_tokens: true,
  });
  const shows = certifiedFetch(own, server);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const options = { execute: [openid.allowInsecureRequests] };
  const { clientId } = client;
  const known = await openid.discovery(new URL(world.issuer), clientId, undefined, openid.None(), options);
  expect(known.serverMetadata().tls_client_certificate_bound_access_tokens).toBe(true);
  known[openid.customFetch] = async (url, init) =>
    await shows(url.replace(world.issuer, fronts.authorizationServer.origin), init as RequestInit);
  const request = client.authorizationRequest();
  const answer = await client.authorize('alice', undefined, request);
  const redirect = new URL(request.url).searchParams.get('redirect_uri') ?? '';
  const checks = { pkceCodeVerifier: request.codeVerifier, expectedState: request.state };
  const url = new URL(`${redirect}?${answer.toString()}`);
  const tokens = await openid.authorizationCodeGrant(known, url, checks);
  const call = async (token: string, fetched: typeof fetch, headers: Record<string, string> = {}) =>
    await fetched(`${fronts.mcp.origin}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/list',
        authorization: `Bearer ${token}`,
        ...headers,
      },
      body: JSON.stringify(LIST),
    });
  // The balancer gives them to the replicas in turn.
  for (let count = 0; count < 4; count += 1) {
    const listed = await call(tokens.access_token, shows);
    expect([listed.status, await listed.text()]).toEqual([200, expect.stringContaining('repos_whoami')]);
  }
  const renewed = await openid.refreshTokenGrant(known, tokens.refresh_token ?? '');
  expect((await call(renewed.access_token, shows)).status).toBe(200);

  for (const certificate of [undefined, thiefs])
    for (const headers of [{}, { 'client-cert': passedOn(own) }]) {
      const stolen = await call(renewed.access_token, certifiedFetch(certificate, server), headers);
      expect([stolen.status, stolen.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/^Bearer error="invalid_token", error_description="[^"]*certificate/),
      ]);
    }
  expect((await client.refresh(renewed.refresh_token ?? '')).error).toBe('invalid_grant');
  expect((await call(renewed.access_token, shows)).status).toBe(200);
  expect(world.logs()).not.toContain(renewed.access_token);
});
