import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { exportJWK, generateKeyPair } from 'jose';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { modern, textOf } from '../client.fixture.js';
import { AUDIENCE, signedToken, startProxy } from '../proxy.fixture.js';

let nats: TestNats;
let backend: TestBackend;
beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern' });
});
afterAll(async () => {
  await backend.close();
  await nats.close();
});

const CALL = { name: 'one_echo', arguments: { text: 'private words' } };

test('anonymous callers need no token, and one that they send goes nowhere', async () => {
  const proxy = await startProxy({
    nats,
    backends: [{ name: 'one', url: backend.url }],
    incomingAuth: { type: 'anonymous' },
  });
  const answer = await modern(proxy.mcpUrl, 'tools/call', CALL, { token: 'some-token' });
  expect(textOf(answer)).toContain('private words');
  expect(backend.callsOf('tools/call').at(-1)?.headers.authorization).toBeUndefined();
  expect((await fetch(`${proxy.origin}/.well-known/oauth-protected-resource`)).status).toBe(404);
  await proxy.close();
});

// RFC 8414, section 3.1.
test('an external issuer is found through its metadata, and nobody else’s signature counts', async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'test-key', alg: 'ES256' }];
  let issuer = '';
  const server = createServer((request, response) => {
    const found = request.url?.startsWith('/.well-known/oauth-authorization-server') === true;
    response.writeHead(found || request.url === '/jwks' ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ? { issuer, jwks_uri: `${issuer}/jwks` } : { keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy = await startProxy({
    nats,
    backends: [{ name: 'one', url: backend.url }],
    incomingAuth: {
      type: 'oidc',
      oidc: {
        issuer,
        audience: AUDIENCE,
        resourceUrl: AUDIENCE,
        scopes: [],
        allowPrivateIps: true,
        insecureAllowHttp: true,
      },
    },
  });
  const token = await signedToken(pair.privateKey, { iss: issuer, tsid: undefined });
  expect(textOf(await modern(proxy.mcpUrl, 'tools/call', CALL, { token }))).toContain('private words');
  const forged = await proxy.token({ iss: issuer });
  expect((await modern(proxy.mcpUrl, 'tools/call', CALL, { token: forged })).status).toBe(401);
  await proxy.close();
  await new Promise((resolve) => server.close(resolve));
});

test('no token, credential or argument is in the log, also when calls fail', async () => {
  const log = new KeptLog();
  const proxy = await startProxy({
    nats,
    log,
    backends: [
      { name: 'one', url: backend.url, strategy: { type: 'upstreamInject', providerName: 'octo' } },
      { name: 'gone', url: 'http://127.0.0.1:9/mcp' },
    ],
  });
  const token = await proxy.token();
  proxy.surroundings.credentials.set('one', 'the-octo-token');
  await modern(proxy.mcpUrl, 'tools/call', CALL, { token });
  backend.setIntercept((_one, response) => {
    response.writeHead(500).end('the-octo-token');
    return true;
  });
  await modern(proxy.mcpUrl, 'tools/call', CALL, { token });
  await modern(
    proxy.mcpUrl,
    'tools/call',
    { name: 'gone_status', arguments: { text: 'private words' } },
    { token },
  );
  await modern(proxy.mcpUrl, 'tools/call', CALL, { token: `${token}x` });
  backend.setIntercept(undefined);
  await proxy.close();
  const text = log.lines.join('\n');
  expect(text).toContain('call-failed');
  for (const secret of [token, token.split('.')[1] ?? '', 'the-octo-token', 'private words'])
    expect(text).not.toContain(secret);
});
