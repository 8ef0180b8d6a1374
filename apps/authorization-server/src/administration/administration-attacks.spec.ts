import { expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { AdministrationWorld, type Called } from '../testing/administration-world.js';
import { shareWorld } from '../testing/service-world.js';

let api: AdministrationWorld;

shareWorld(
  () => AdministrationWorld.start(),
  (started) => (api = started),
);

const said = ({ status, headers, body }: Called): string => {
  // RFC 9457, section 3.
  expect(headers['content-type']).toBe('application/problem+json');
  expect(body).toMatchObject({ type: 'about:blank', status });
  return `${status} ${String(body['code'])}`;
};

test('attack: a token for MCP is shown to the administrator’s API, a person’s or a client’s own', async () => {
  const { answer } = await api.service.tokens('mcp-ada');
  expect(said(await api.call('/accounts', { token: answer.access_token }))).toBe('401 token_invalid');
  const own = await api.token('report', { resource: api.service.config.resourceUrl });
  expect(said(await api.call('/accounts', { token: own }))).toBe('401 token_invalid');
});

test('attack: a client that may not administer asks for a token that does', async () => {
  expect((await api.tokenAnswer('report')).body).toMatchObject({ error: 'invalid_target' });
  const scope = { resource: api.service.config.resourceUrl, scope: 'gatehouse:admin' };
  expect((await api.tokenAnswer('report', scope)).body).toMatchObject({ error: 'invalid_scope' });
});

test('attack: a person signs in for the administrator’s API, whatever their client asks for', async () => {
  const clientId = await api.service.register();
  const browser = api.service.browser();
  for (const resource of [api.url, `${api.url}/`]) {
    const { url } = api.service.authorizeUrl(clientId, { resource, scope: 'openid gatehouse:admin' });
    const { status, location = '' } = await browser.get(url);
    expect(status).toBe(303);
    expect(new URL(location).searchParams.get('error')).toBe('invalid_target');
  }
  const { answer } = await api.service.tokens('resource-ada');
  const refreshed = await api.service.token({
    grant_type: 'refresh_token',
    client_id: String(decodeJwt(answer.access_token ?? '')['client_id']),
    refresh_token: answer.refresh_token ?? '',
    resource: api.url,
  });
  expect(refreshed).toMatchObject({ status: 400, error: 'invalid_target' });
});

test('attack: a token of the administrator’s client without the scope', async () => {
  const refused = await api.call('/accounts', { token: await api.token('scopeless') });
  expect(said(refused)).toBe('403 insufficient_scope');
  expect(refused.headers['www-authenticate']).toMatch(/error="insufficient_scope"/);
});

test('attack: a token of another issuer, with all claims of an administrator’s', async () => {
  const claims = decodeJwt(await api.token());
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const forged = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', jwk: await exportJWK(publicKey) })
    .sign(privateKey);
  expect(said(await api.call('/accounts', { token: forged }))).toBe('401 token_invalid');
  // The keys of this server, and another name of its issuer.
  const other = await api.world.startAnother({
    clientRegistration: api.service.config.clientRegistration,
    administration: { host: '127.0.0.1', port: await freePort(), url: api.url },
  });
  expect(said(await api.call('/accounts', { token: await api.token(), at: other }))).toBe(
    '401 token_invalid',
  );
});

test('attack: no token, and one in the address, where logs keep it', async () => {
  const none = await api.call('/accounts');
  expect(said(none)).toBe('401 token_invalid');
  // RFC 9728, section 5.1; RFC 6750, section 3.1.
  expect(none.headers['www-authenticate']).toContain(
    `resource_metadata="${api.url}/.well-known/oauth-protected-resource"`,
  );
  expect(none.headers['www-authenticate']).not.toContain('error=');
  expect(said(await api.call(`/accounts?access_token=${await api.token()}`))).toBe('401 token_invalid');
});

test('attack: pages out of bounds, parameters that come twice, are unknown, or are no ids', async () => {
  const token = await api.token();
  for (const query of [
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=1.5',
    'limit=all',
    'limit=1&limit=2',
    'after=nobody',
    'after=%00',
    'offset=5',
    'account=1',
  ])
    expect(said(await api.call(`/accounts?${query}`, { token }))).toBe('400 request_invalid');
  for (const path of ['/accounts/nobody', '/sessions/abc', '/clients/%00', '/sessions?account=%27'])
    expect(said(await api.call(path, { token }))).toBe('400 request_invalid');
  const { account } = { account: '3f0e8a52-52f5-4d0a-9d3a-0a7f0c1e2b3c' };
  expect(said(await api.call(`/accounts/${account}?account=${account}`, { token }))).toBe(
    '400 request_invalid',
  );
  expect(said(await api.call('/accounts/..%2f..', { token }))).toBe('400 request_invalid');
  expect(said(await api.call('/accounts/%E0%A4%A', { token }))).toBe('404 not_found');
});

test('attack: a page reaches the listener under a name of its own (DNS rebinding)', async () => {
  const token = await api.token();
  for (const host of ['evil.example', 'admin.acme.example.evil.example', '127.0.0.1'])
    expect(said(await api.call('/accounts', { token, headers: { host } }))).toBe('403 not_allowed');
  expect((await api.call('/accounts', { token, headers: { host: 'admin.acme.example' } })).status).toBe(200);
});

test('attack: a browser is made to call it: no cookie counts, and no page may read or send anything (CSRF, CORS)', async () => {
  const token = await api.token();
  const { account } = { account: '3f0e8a52-52f5-4d0a-9d3a-0a7f0c1e2b3c' };
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: api.url },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-mode': 'navigate' },
  ]) {
    const refused = await api.call(`/accounts/${account}`, { method: 'DELETE', token, headers });
    expect(said(refused)).toBe('403 not_allowed');
    expect(Object.keys(refused.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
  expect(said(await api.call('/accounts', { method: 'OPTIONS' }))).toBe('403 not_allowed');
  expect(said(await api.call('/accounts', { headers: { cookie: `access_token=${token}` } }))).toBe(
    '401 token_invalid',
  );
});

test('attack: a body, another method, a path that there is not', async () => {
  const token = await api.token();
  expect(said(await api.call('/accounts', { token, headers: { 'content-length': '1' } }))).toBe(
    '400 request_invalid',
  );
  const posted = await api.call('/accounts', { method: 'POST', token });
  expect(said(posted)).toBe('405 method_not_allowed');
  expect(posted.headers['allow']).toBe('GET');
  expect(said(await api.call('/oauth/token', { token }))).toBe('404 not_found');
  // Whoever may not call does not learn which paths there are.
  expect(said(await api.call('/nothing'))).toBe('401 token_invalid');
});

test('attack: an administrator’s token at the endpoints of people', async () => {
  const token = await api.token();
  const info = await fetch(`${api.service.local}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(info.status).toBe(401);
});
