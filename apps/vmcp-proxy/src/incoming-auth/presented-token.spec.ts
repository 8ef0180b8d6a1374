import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { RawConnection } from '@gatehouse/testing/raw-connection';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { modern } from '../client.fixture.js';
import { AUDIENCE, ISSUER, startProxy, type TestProxy } from '../proxy.fixture.js';
import { presentedToken } from './bearer-token.js';

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern' });
  const egress = { allowPrivateIps: true, insecureAllowHttp: true };
  const scopes = ['openid', 'offline_access'];
  proxy = await startProxy({
    nats,
    backends: [{ name: 'one', url: backend.url }],
    incomingAuth: {
      type: 'oidc',
      oidc: { issuer: ISSUER, audience: AUDIENCE, resourceUrl: AUDIENCE, scopes, ...egress },
    },
  });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

test('two Authorization headers, of which each server on the way may take another one, are refused', async () => {
  const tokens = [await proxy.token(), await proxy.token()];
  const connection = new RawConnection(Number(new URL(proxy.origin).port));
  const head = [
    'POST /mcp HTTP/1.1',
    'host: localhost',
    'content-type: application/json',
    'content-length: 2',
  ];
  const authorizations = tokens.map((token) => `authorization: Bearer ${token}`);
  connection.send(`${[...head, ...authorizations].join('\r\n')}\r\n\r\n{}`);
  await connection.hears('error="invalid_request"');
  expect(connection.heard).toMatch(/^HTTP\/1\.1 400 /);
  connection.close();
});

test.each([
  ['two of one scheme', ['Authorization', 'Bearer a', 'AUTHORIZATION', 'Bearer b'], 'malformed'],
  ['the second of another scheme', ['authorization', 'Bearer a', 'authorization', 'Basic b'], 'malformed'],
  ['a header whose value only names it', ['x-note', 'authorization', 'authorization', 'Bearer a'], 'bearer'],
])('%s', (_what, rawHeaders, kind) => {
  expect(presentedToken({ headers: { authorization: 'Bearer a' }, rawHeaders }).kind).toBe(kind);
});

test('a scope that is between a client and the authorization server is neither asked for nor missed', async () => {
  const admitted = await modern(
    proxy.mcpUrl,
    'tools/list',
    {},
    { token: await proxy.token({ scope: 'openid' }) },
  );
  expect(admitted.status).toBe(200);
  const lacking = await modern(
    proxy.mcpUrl,
    'tools/list',
    {},
    { token: await proxy.token({ scope: 'other' }) },
  );
  expect([lacking.status, lacking.headers.get('www-authenticate')]).toEqual([
    403,
    expect.not.stringContaining('offline_access'),
  ]);
});
