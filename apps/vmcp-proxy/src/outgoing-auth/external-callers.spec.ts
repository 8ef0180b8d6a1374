import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { IncomingAuth } from '@gatehouse/config/model/incoming-auth';
import type { Secret } from '@gatehouse/kernel/secret';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { modern, textOf } from '../client.fixture.js';
import { IntrospectionEndpoint } from '../incoming-auth/introspection-endpoint.fixture.js';
import { AUDIENCE, signedToken, startProxy, type TestProxy } from '../proxy.fixture.js';

/** Callers of an external issuer, whose own tokens are exchanged. */
let nats: TestNats;
let backend: TestBackend;
let keyServer: Server;
let signingKey: CryptoKey;
let issuer = '';
let proxy: TestProxy;
let replica: Awaited<ReturnType<TestProxy['startReplica']>>;
const log = new KeptLog();

const EXCHANGED = [
  'tickets',
  { type: 'issuedToken', subject: { of: 'externalCaller' }, providers: [] },
] as const;

const started = async (bus: TestNats, incomingAuth: IncomingAuth<Secret>): Promise<TestProxy> =>
  await startProxy({
    nats: bus,
    log,
    incomingAuth,
    backends: [{ name: EXCHANGED[0], url: backend.url, strategy: EXCHANGED[1] }],
  });

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern' });
  const pair = await generateKeyPair('ES256', { extractable: true });
  signingKey = pair.privateKey;
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'test-key', alg: 'ES256' }];
  keyServer = createServer(({ url }, response) => {
    const body = url === '/jwks' ? { keys } : { issuer, jwks_uri: `${issuer}/jwks` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => keyServer.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}`;
  const here = { allowPrivateIps: true, insecureAllowHttp: true };
  proxy = await started(nats, {
    type: 'oidc',
    oidc: { issuer, audience: AUDIENCE, resourceUrl: AUDIENCE, scopes: [], ...here },
  });
  replica = await proxy.startReplica();
});

beforeEach(() => {
  markSent();
  proxy.surroundings.openedSubjects.length = 0;
  proxy.surroundings.asked.length = 0;
  proxy.surroundings.credentials.clear();
});

afterAll(async () => {
  await replica.close();
  await proxy.close();
  await backend.close();
  await nats.close();
  keyServer.close();
});

/** Their sign-in has no session here, whatever the token calls it. */
const tokenOf = async (sub: string, claims: Record<string, unknown> = {}): Promise<string> =>
  await signedToken(signingKey, { iss: issuer, sub, tsid: undefined, ...claims });

const call = async (token: string, mcpUrl = proxy.mcpUrl) =>
  await modern(mcpUrl, 'tools/call', { name: 'tickets_echo', arguments: { text: 'hello' } }, { token });

let sentBefore = 0;
const markSent = (): void => {
  sentBefore = backend.callsOf('tools/call').length;
};
/** Credentials of the calls since then. */
const sentTo = (): readonly (string | undefined)[] =>
  backend
    .callsOf('tools/call')
    .slice(sentBefore)
    .map(({ headers }) => headers.authorization);

test('the vault alone is shown the token, sealed, with what was found in it; the backend gets what came of it', async () => {
  const exp = Math.floor(Date.now() / 1_000) + 200;
  const token = await tokenOf('alice', { exp });
  expect(textOf(await call(token))).toContain('hello');
  expect(sentTo()).toEqual(['Bearer tickets-token-of-alice']);
  expect(proxy.surroundings.openedSubjects).toContainEqual({
    subjectToken: token,
    verified: { subject: 'alice', expiresAtMs: exp * 1_000 },
  });
  const asked = proxy.surroundings.asked.filter(({ contract }) => contract === 'credential.exchange');
  expect(asked.length).toBeGreaterThan(0);
  for (const { request } of asked) {
    expect(Object.keys(request)).not.toContain('tsid');
    expect(Object.keys(request)).not.toContain('clientId');
    expect(JSON.stringify(request)).not.toContain(token);
  }
  expect(JSON.stringify(backend.received)).not.toContain('eyJ');
  expect(log.lines.join('\n')).not.toContain(token);
});

test('a session that the token of the external issuer names is none of this gateway’s', async () => {
  const token = await tokenOf('alice', { tsid: '5b0c9d7e-7d0c-4a54-8f43-6e8d53cf0b11' });
  expect((await call(token)).status).toBe(200);
  expect(JSON.stringify(proxy.surroundings.asked)).not.toContain('5b0c9d7e');
});

test('what came of it is kept for seconds, and asked for once for that token', async () => {
  const token = await tokenOf('kept');
  await call(token);
  const before = proxy.surroundings.askedFor('credential.exchange');
  for (let time = 0; time < 3; time += 1) await call(token);
  expect(proxy.surroundings.askedFor('credential.exchange')).toBe(before);
});

test('attack: one person’s call carries nothing that came of another person’s token, at either replica', async () => {
  const people = await Promise.all(['alice', 'bob'].map(async (sub) => [sub, await tokenOf(sub)] as const));
  for (const { mcpUrl } of [proxy, replica, proxy, replica])
    for (const [sub, token] of people) {
      markSent();
      expect((await call(token, mcpUrl)).status).toBe(200);
      expect(sentTo()).toEqual([`Bearer tickets-token-of-${sub}`]);
    }
});

test('attack: what came of a person’s token with more in it is not used for one of the same person with less', async () => {
  const [more, less] = [await tokenOf('dora', { scope: 'openid admin' }), await tokenOf('dora')];
  await call(more);
  await call(less);
  const shown = proxy.surroundings.openedSubjects as readonly { readonly subjectToken: string }[];
  const tokens = new Set(shown.map(({ subjectToken }) => subjectToken));
  expect([tokens.has(more), tokens.has(less)]).toEqual([true, true]);
});

describe('attack: a token of a person is shown what came of another one of theirs', () => {
  const listed = async (token: string): Promise<readonly unknown[]> => {
    const { body } = await modern(proxy.mcpUrl, 'tools/list', {}, { token });
    return ((body.result?.['tools'] ?? []) as readonly { readonly name: string }[]).map(({ name }) => name);
  };
  const lists = (): number => backend.callsOf('tools/list').length;

  test('lists are asked for anew for other scopes, another client, other roles; not for the next token of the same', async () => {
    const of = { iat: 1, jti: 'one', scope: 'read' };
    const before = lists();
    expect(await listed(await tokenOf('frida', of))).toContain('tickets_echo');
    expect(lists()).toBe(before + 1);
    await listed(await tokenOf('frida', { ...of, jti: 'two', iat: 2 }));
    expect(lists()).toBe(before + 1);
    for (const [index, more] of [
      { scope: 'read write' },
      { client_id: 'another' },
      { roles: ['admin'] },
    ].entries()) {
      await listed(await tokenOf('frida', { ...of, ...more }));
      expect(lists()).toBe(before + 2 + index);
    }
  });

  test('that one token is refused hides no list from another one', async () => {
    proxy.surroundings.credentials.set('tickets', { code: 'exchange_refused' });
    expect(await listed(await tokenOf('greta', { scope: 'less' }))).not.toContain('tickets_echo');
    proxy.surroundings.credentials.clear();
    expect(await listed(await tokenOf('greta', { scope: 'more' }))).toContain('tickets_echo');
  });
});

describe('a caller’s token that has ended, as the vault sees it', () => {
  test('is a 401 with the challenge, so that its client renews it; the next one is taken', async () => {
    proxy.surroundings.credentials.set('tickets', { code: 'token_invalid' });
    const answer = await call(await tokenOf('erin'));
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
    expect(sentTo()).toEqual([]);
    proxy.surroundings.credentials.clear();
    expect(textOf(await call(await tokenOf('erin')))).toContain('hello');
  });
});

test('an opaque token is exchanged as well, until the time that the issuer says', async () => {
  const bus = await startTestNats();
  const endpoint = await new IntrospectionEndpoint().start();
  const exp = Math.floor(Date.now() / 1_000) + 100;
  endpoint.answer = (token) => ({
    body: JSON.stringify({
      active: true,
      sub: token.replace('opaque-of-', ''),
      aud: AUDIENCE,
      exp,
      client_id: 'app',
    }),
  });
  const opaque = await started(bus, { type: 'oidc', oidc: endpoint.oidc(AUDIENCE) });
  try {
    for (const sub of ['alice', 'bob']) {
      markSent();
      expect((await call(`opaque-of-${sub}`, opaque.mcpUrl)).status).toBe(200);
      expect(sentTo()).toEqual([`Bearer tickets-token-of-${sub}`]);
      expect(opaque.surroundings.openedSubjects).toContainEqual({
        subjectToken: `opaque-of-${sub}`,
        verified: { subject: sub, expiresAtMs: exp * 1_000 },
      });
    }
  } finally {
    await opaque.close();
    await endpoint.stop();
    await bus.close();
  }
});
