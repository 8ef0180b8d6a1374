import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { generateKeyPair } from 'jose';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { modern, textOf } from '../client.fixture.js';
import { AUDIENCE, signedToken, startProxy, type TestProxy } from '../proxy.fixture.js';
import { IntrospectedTokens } from './introspected-tokens.client.js';
import { IntrospectionEndpoint } from './introspection-endpoint.fixture.js';
import { sessionOwner } from './principal.js';

const MINUTE = 60;
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;
const active = (members: Readonly<Record<string, unknown>> = {}) => ({
  active: true,
  sub: 'ada',
  aud: AUDIENCE,
  exp: inSeconds(MINUTE),
  client_id: 'an-app',
  scope: 'read write',
  ...members,
});

const endpoint = new IntrospectionEndpoint();
beforeAll(async () => await endpoint.start());
afterAll(async () => await endpoint.stop());
beforeEach(() => {
  endpoint.questions.length = 0;
  endpoint.says(active());
});

const tokens = (nowMs?: () => number): IntrospectedTokens => {
  const oidc = endpoint.oidc(AUDIENCE);
  return new IntrospectedTokens(oidc, oidc.introspection, {
    clockToleranceSeconds: 5,
    ...(nowMs === undefined ? {} : { nowMs }),
  });
};

const INVALID = { code: 'token_invalid' };
const UNAVAILABLE = { code: 'unavailable' };

test('the issuer is asked as the client that it knows, and the token stands in no URL', async () => {
  const principal = await tokens().verify('opaque-token', AUDIENCE);
  expect(principal).toMatchObject({ issuer: endpoint.issuer, subject: 'ada', clientId: 'an-app' });
  expect([...principal.scopes]).toEqual(['read', 'write']);
  expect(principal.tsid).toBeUndefined();
  // RFC 6749, section 2.3.1.
  const credentials = Buffer.from('gate+house:a%3Asecret%2Bof%2Fthe+client').toString('base64');
  expect(endpoint.questions).toEqual([
    { url: '/introspect', authorization: `Basic ${credentials}`, token: 'opaque-token' },
  ]);
});

// RFC 8693, section 4.1.
test('attack: policies, sessions and tasks take who acts for a person for the person, where the issuer is asked', async () => {
  const some = tokens();
  const person = await some.verify('of-the-person', AUDIENCE);
  endpoint.says(active({ client_id: 'agent', act: { sub: 'agent', act: { sub: 'first' } } }));
  const acting = await some.verify('of-who-acts', AUDIENCE);
  expect(acting.delegate?.actors).toEqual(['agent', 'first']);
  expect(acting.key).not.toBe(person.key);
  expect(sessionOwner(acting)).not.toBe(sessionOwner(person));
  endpoint.says(active({ act: 'agent' }));
  await expect(some.verify('of-nobody-knows-whom', AUDIENCE)).rejects.toBeInstanceOf(Error);
});

test('clients that renew their tokens all day make nothing grow: a token is forgotten once it has expired', async () => {
  let aheadMs = 0;
  const some = tokens(() => Date.now() + aheadMs);
  for (const name of ['one', 'two', 'three']) await some.verify(name, AUDIENCE);
  expect(some.size).toBe(3);
  aheadMs = 2 * MINUTE * 1_000;
  endpoint.says(active({ exp: inSeconds(10 * MINUTE) }));
  await some.verify('four', AUDIENCE);
  expect(some.size).toBe(1);
});

describe('a token is refused', () => {
  test.each([
    ['that is not active', { active: false }],
    ['that is active in words alone', active({ active: 'true' })],
    ['of nobody', active({ sub: undefined })],
    ['of an empty subject', active({ sub: '' })],
    ['without an audience (audience confusion)', active({ aud: undefined })],
    ['for another resource (audience confusion)', active({ aud: [`${AUDIENCE}/other`] })],
    ['whose audience only begins like this one', active({ aud: `${AUDIENCE}.evil.example` })],
    ['without an end', active({ exp: undefined })],
    ['that has expired, whatever the issuer says', active({ exp: inSeconds(-MINUTE) })],
    ['that is not valid yet', active({ nbf: inSeconds(MINUTE) })],
    ['of another issuer (mix-up)', active({ iss: 'https://other.example' })],
    ['of no client', active({ client_id: undefined })],
    ['that is bound to a key, and comes without it', active({ cnf: { jkt: 'x' } })],
    ['of type DPoP', active({ token_type: 'DPoP' })],
    ['about which the issuer sends a list', [active()]],
  ])('%s', async (_what, answer) => {
    endpoint.answer = () => ({ body: JSON.stringify(answer) });
    await expect(tokens().verify('opaque-token', AUDIENCE)).rejects.toMatchObject(INVALID);
  });

  test('what an active answer leaves out is named, in each request that it refuses; a value never is', async () => {
    const some = tokens();
    endpoint.says(active({ client_id: undefined, aud: undefined, exp: 'a word of the issuer' }));
    for (let requests = 0; requests < 2; requests += 1)
      await expect(some.verify('opaque-token', AUDIENCE)).rejects.toMatchObject({
        ...INVALID,
        message: 'the issuer says that a token is active, and leaves out or misshapes aud, exp, client_id',
      });
    expect(endpoint.questions).toHaveLength(1);
  });
});

describe('nobody gets in while the issuer does not say (fail closed)', () => {
  test.each([
    ['with an error', { status: 500, body: '{"active":true}' }],
    ['that this gateway may not ask', { status: 401, body: JSON.stringify(active()) }],
    ['with a redirect', { status: 302, body: JSON.stringify(active()) }],
    ['with no JSON', { body: 'active' }],
    ['with more than an answer is', { body: JSON.stringify(active({ more: 'x'.repeat(100_000) })) }],
  ])('it answers %s', async (_how, answer) => {
    endpoint.answer = () => answer;
    await expect(tokens().verify('opaque-token', AUDIENCE)).rejects.toMatchObject(UNAVAILABLE);
  });

  test('a failure is not remembered: the next request asks again', async () => {
    const some = tokens();
    endpoint.answer = () => ({ status: 503, body: '' });
    await expect(some.verify('opaque-token', AUDIENCE)).rejects.toMatchObject(UNAVAILABLE);
    endpoint.says(active());
    await expect(some.verify('opaque-token', AUDIENCE)).resolves.toMatchObject({ subject: 'ada' });
  });
});

describe('what is remembered', () => {
  test('a hundred requests at once ask once, and later ones not at all', async () => {
    const some = tokens();
    await Promise.all(Array.from({ length: 100 }, async () => await some.verify('opaque-token', AUDIENCE)));
    await some.verify('opaque-token', AUDIENCE);
    expect(endpoint.questions).toHaveLength(1);
  });

  test('a revoked token ends within 30 s', async () => {
    let aheadMs = 0;
    const some = tokens(() => Date.now() + aheadMs);
    await some.verify('opaque-token', AUDIENCE);
    endpoint.says({ active: false });
    aheadMs = 30_000;
    await expect(some.verify('opaque-token', AUDIENCE)).rejects.toMatchObject(INVALID);
  });

  test('an expired token ends at once', async () => {
    let aheadMs = 0;
    const some = tokens(() => Date.now() + aheadMs);
    endpoint.says(active({ exp: inSeconds(10) }));
    await some.verify('opaque-token', AUDIENCE);
    aheadMs = 16_000;
    await expect(some.verify('opaque-token', AUDIENCE)).rejects.toMatchObject(INVALID);
    expect(endpoint.questions).toHaveLength(1);
  });

  test('a token that is remembered for one resource is none for another (audience confusion through the cache)', async () => {
    const some = tokens();
    await some.verify('opaque-token', AUDIENCE);
    await expect(some.verify('opaque-token', `${AUDIENCE}/other`)).rejects.toMatchObject(INVALID);
  });

  test('a remembered token does not outlive an issuer that is away', async () => {
    let aheadMs = 0;
    const some = tokens(() => Date.now() + aheadMs);
    await some.verify('opaque-token', AUDIENCE);
    endpoint.answer = () => ({ status: 503, body: '' });
    aheadMs = 30_000;
    await expect(some.verify('opaque-token', AUDIENCE)).rejects.toMatchObject(UNAVAILABLE);
  });
});

test('two users who come at once are never mixed up, in whatever order the answers come', async () => {
  const some = tokens();
  const first = Promise.withResolvers<undefined>();
  endpoint.answer = async (token) => {
    if (token === 'token-of-ada') await first.promise;
    else first.resolve(undefined);
    return { body: JSON.stringify(active({ sub: token.slice('token-of-'.length) })) };
  };
  const [ada, bob] = await Promise.all(
    ['token-of-ada', 'token-of-bob'].map(async (token) => await some.verify(token, AUDIENCE)),
  );
  expect([ada?.subject, bob?.subject]).toEqual(['ada', 'bob']);
  expect(ada?.key).not.toBe(bob?.key);
  expect((await some.verify('token-of-ada', AUDIENCE)).subject).toBe('ada');
});

test('a flood of made-up tokens is no flood of requests to the issuer', async () => {
  const some = tokens();
  const held = Promise.withResolvers<undefined>();
  endpoint.answer = async () => {
    await held.promise;
    return { body: '{"active":false}' };
  };
  const all = Array.from(
    { length: 300 },
    async (_, index) => await some.verify(`made-up-${index}`, AUDIENCE),
  );
  const settled = Promise.allSettled(all);
  await until(() => endpoint.questions.length === 50);
  held.resolve(undefined);
  const reasons = (await settled).map((one) =>
    one.status === 'rejected' ? (one.reason as Error) : undefined,
  );
  expect(reasons.every((reason) => reason !== undefined)).toBe(true);
  expect(endpoint.questions).toHaveLength(50);
});

test('attack: made-up tokens that hold all places keep nobody out whose token was active a moment ago', async () => {
  let nowMs = Date.now();
  const some = tokens(() => nowMs);
  await some.verify('token-of-ada', AUDIENCE);
  const held = Promise.withResolvers<undefined>();
  endpoint.answer = async () => {
    await held.promise;
    return { body: '{"active":false}' };
  };
  const flood = Promise.allSettled(
    Array.from({ length: 50 }, async (_, index) => await some.verify(`made-up-${index}`, AUDIENCE)),
  );
  await until(() => endpoint.questions.length === 51);
  await expect(some.verify('made-up-too', AUDIENCE)).rejects.toMatchObject(UNAVAILABLE);
  nowMs += 31_000;
  endpoint.says(active());
  await expect(some.verify('token-of-ada', AUDIENCE)).resolves.toMatchObject({ subject: 'ada' });
  held.resolve(undefined);
  await flood;
});

describe('at the endpoint of a gateway', () => {
  let nats: TestNats;
  let backend: TestBackend;
  let proxy: TestProxy;
  const log = new KeptLog();
  const CALL = { name: 'one_echo', arguments: { text: 'private words' } };
  beforeAll(async () => {
    nats = await startTestNats();
    backend = await startBackend({ kind: 'modern' });
    proxy = await startProxy({
      nats,
      log,
      backends: [{ name: 'one', url: backend.url }],
      incomingAuth: { type: 'oidc', oidc: endpoint.oidc(AUDIENCE) },
    });
  });
  afterAll(async () => {
    await proxy.close();
    await backend.close();
    await nats.close();
  });

  test('an opaque token calls a tool, and goes to no backend and no log', async () => {
    const answer = await modern(proxy.mcpUrl, 'tools/call', CALL, { token: 'the-opaque-token' });
    expect(textOf(answer)).toContain('private words');
    expect(backend.callsOf('tools/call').at(-1)?.headers.authorization).toBeUndefined();
    expect(log.lines.join('\n')).not.toContain('the-opaque-token');
  });

  test('an inactive one is a challenge, and an issuer that does not answer is no sign-in', async () => {
    endpoint.says({ active: false });
    expect((await modern(proxy.mcpUrl, 'tools/call', CALL, { token: 'revoked' })).status).toBe(401);
    endpoint.answer = () => ({ status: 500, body: '' });
    for (let calls = 0; calls < 3; calls += 1)
      expect((await modern(proxy.mcpUrl, 'tools/call', CALL, { token: 'not-known-yet' })).status).toBe(503);
    // Why nobody gets in is said, and not by every request.
    const [line, ...more] = log.of('callers-not-verified');
    expect([line?.['reason'], more]).toEqual(['the introspection endpoint answered with 500', []]);
  });

  test('an active token of nobody is refused, and the log says what the issuer leaves out', async () => {
    const own = new KeptLog();
    const another = await startProxy({
      nats,
      log: own,
      backends: [{ name: 'one', url: backend.url }],
      incomingAuth: { type: 'oidc', oidc: endpoint.oidc(AUDIENCE) },
    });
    try {
      endpoint.says(active({ sub: undefined }));
      for (let calls = 0; calls < 3; calls += 1)
        expect((await modern(another.mcpUrl, 'tools/call', CALL, { token: 'of-nobody' })).status).toBe(401);
      const reasons = new Set(own.of('callers-not-verified').map((line) => line['reason']));
      expect([...reasons]).toEqual([
        'the issuer says that a token is active, and leaves out or misshapes sub',
      ]);
    } finally {
      await another.close();
    }
  });

  test('a JWT that somebody forged is never asked about, whatever the issuer would say of it', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const forged = await signedToken(privateKey, { iss: endpoint.issuer, tsid: undefined });
    const { status } = await modern(proxy.mcpUrl, 'tools/call', CALL, { token: forged });
    expect([401, 503]).toContain(status);
    expect(endpoint.questions.map(({ url }) => url)).not.toContain('/introspect');
  });
});
