import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { modern, post } from '../client.fixture.js';
import { AUDIENCE, startProxy, type TestProxy } from '../proxy.fixture.js';
import { call, challengeOf, hashOf, newKey, nowSeconds, proofFor, type Key } from './proofs.fixture.js';

/** Tokens that are bound to a key, and proofs that their caller has it (RFC 9449, section 7). */

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
let key: Key;
let token: string;

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern' });
  proxy = await startProxy({ nats, backends: [{ name: 'one', url: backend.url }] });
  key = await newKey();
  token = await proxy.token({ cnf: { jkt: key.thumbprint } });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

test('a caller who proves that they hold the key gets through, at each replica', async () => {
  const replica = await proxy.startReplica();
  for (const url of [proxy.mcpUrl, replica.mcpUrl])
    for (const scheme of ['DPoP', 'dpop'])
      expect((await call(url, await proofFor(token, key), token, scheme)).status).toBe(200);
  await replica.close();
});

test('the endpoint of one backend takes proofs for itself, and none for another endpoint', async () => {
  const own = await proxy.token({ cnf: { jkt: key.thumbprint }, aud: [AUDIENCE, `${AUDIENCE}/one`] });
  const list = async (htu: string) =>
    await modern(
      `${proxy.mcpUrl}/one`,
      'tools/list',
      {},
      { headers: { authorization: `DPoP ${own}`, dpop: await proofFor(own, key, { htu }) } },
    );
  expect((await list(`${AUDIENCE}/one`)).status).toBe(200);
  expect((await list(AUDIENCE)).status).toBe(401);
});

test.each([
  ['a query and a fragment', () => `${AUDIENCE}?x=1#y`],
  ['a final slash', () => `${AUDIENCE}/`],
  ['the default port, and other letters in scheme and host', () => 'HTTPS://Gateway.Example:443/mcp'],
])('a proof may name its endpoint with %s', async (_how, htu) => {
  expect((await call(proxy.mcpUrl, await proofFor(token, key, { htu: htu() }), token)).status).toBe(200);
});

describe('a stolen token that is bound', () => {
  test('is refused as Bearer, and the challenge says how it has to come', async () => {
    const refused = await call(proxy.mcpUrl, undefined, token, 'Bearer');
    expect(refused.status).toBe(401);
    expect(challengeOf(refused)).toMatch(
      /^DPoP error="invalid_token", error_description="[^"]+", resource_metadata="[^"]+", scope="openid", algs="ES256 Ed25519 EdDSA"$/,
    );
    // Also with a proof beside it (downgrade), and once it is remembered.
    expect((await call(proxy.mcpUrl, await proofFor(token, key), token, 'Bearer')).status).toBe(401);
  });

  test.each<[string, () => Promise<string | undefined> | string | undefined]>([
    ['without a proof', () => undefined],
    ['with a proof of the thief’s key', async () => await proofFor(token, await newKey())],
    [
      'with a proof of the thief’s key that names the owner’s',
      async () => await proofFor(token, { ...key, privateKey: (await newKey()).privateKey }),
    ],
    ['with a proof for another token', async () => await proofFor(await proxy.token(), key)],
    ['with a proof that names no token', async () => await proofFor(token, key, { ath: undefined })],
    ['with a proof for another method', async () => await proofFor(token, key, { htm: 'GET' })],
    [
      'with a proof for another server',
      async () => await proofFor(token, key, { htu: 'https://evil.example/mcp' }),
    ],
    [
      'with a proof for where the request really went',
      async () => await proofFor(token, key, { htu: proxy.mcpUrl }),
    ],
    [
      'with a proof for the token endpoint',
      async () => await proofFor(token, key, { htu: 'https://gateway.example/oauth/token' }),
    ],
    [
      'with a proof that is an hour old',
      async () => await proofFor(token, key, { iat: nowSeconds() - 3_600 }),
    ],
    [
      'with a proof that was made in advance',
      async () => await proofFor(token, key, { iat: nowSeconds() + 3_600 }),
    ],
    ['with a proof without a time', async () => await proofFor(token, key, { iat: undefined })],
    ['with a proof that could be used again', async () => await proofFor(token, key, { jti: undefined })],
    [
      'with a proof that is another kind of token',
      async () => await proofFor(token, key, {}, { typ: 'at+jwt' }),
    ],
    [
      'with a proof that brings its private key',
      async () => await proofFor(token, key, {}, { jwk: await exportJWK(key.privateKey) }),
    ],
    [
      'with a proof that is signed with the public key as a secret (algorithm confusion)',
      async () =>
        await new SignJWT({ htm: 'POST', htu: AUDIENCE, jti: 'x', iat: nowSeconds(), ath: hashOf(token) })
          .setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: key.jwk })
          .sign(Buffer.from(JSON.stringify(key.jwk))),
    ],
    [
      'with a proof that nobody signed',
      () => new UnsecuredJWT({ htm: 'POST', htu: AUDIENCE, jti: 'x', ath: hashOf(token) }).encode(),
    ],
    ['with a proof that is none', () => 'x'],
    ['with two proofs', async () => `${await proofFor(token, key)}, ${await proofFor(token, key)}`],
    ['with a proof that is very long', async () => await proofFor(token, key, { x: 'x'.repeat(4_096) })],
  ])('is refused %s', async (_how, proof) => {
    const refused = await call(proxy.mcpUrl, await proof(), token);
    expect([refused.status, challengeOf(refused)]).toEqual([
      401,
      expect.stringMatching(/^DPoP error="invalid_dpop_proof"/),
    ]);
  });

  test('and its proof is refused the second time, at each replica (replay)', async () => {
    const replica = await proxy.startReplica();
    const proof = await proofFor(token, key);
    expect((await call(proxy.mcpUrl, proof, token)).status).toBe(200);
    for (const url of [proxy.mcpUrl, replica.mcpUrl])
      expect((await call(url, proof, token)).status).toBe(401);
    await replica.close();
  });

  test('one proof at two replicas at the same moment: one of twenty calls is taken', async () => {
    const replica = await proxy.startReplica();
    const proof = await proofFor(token, key);
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, count) =>
        call(count % 2 === 0 ? proxy.mcpUrl : replica.mcpUrl, proof, token),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
    await replica.close();
  });

  test('two keys may use one jti: whoever guesses it keeps nobody out', async () => {
    const jti = randomUUID();
    const other = await newKey();
    const others = await proxy.token({ cnf: { jkt: other.thumbprint } });
    expect((await call(proxy.mcpUrl, await proofFor(others, other, { jti }), others)).status).toBe(200);
    expect((await call(proxy.mcpUrl, await proofFor(token, key, { jti }), token)).status).toBe(200);
  });

  test('a Host header changes nothing of what a proof must name (host header injection)', async () => {
    const proof = await proofFor(token, key, { htu: 'http://evil.example/mcp' });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(
        proxy.mcpUrl,
        {
          method: 'POST',
          headers: {
            host: 'localhost',
            'x-forwarded-host': 'evil.example',
            'x-forwarded-proto': 'http',
            authorization: `DPoP ${token}`,
            dpop: proof,
            'content-type': 'application/json',
          },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      sent.on('error', reject).end('{"jsonrpc":"2.0","id":1,"method":"ping"}');
    });
    expect(status).toBe(401);
  });
});

test('a token that is bound to nothing is no DPoP token: a proof of any key would do', async () => {
  const plain = await proxy.token();
  const refused = await call(proxy.mcpUrl, await proofFor(plain, key), plain);
  expect([refused.status, challengeOf(refused)]).toEqual([
    401,
    expect.stringMatching(/^DPoP error="invalid_token"/),
  ]);
  expect((await call(proxy.mcpUrl, undefined, plain, 'Bearer')).status).toBe(200);
});

test.each([
  ['a certificate', { 'x5t#S256': 'A'.repeat(43) }],
  ['a key and a certificate', { jkt: 'A'.repeat(43), 'x5t#S256': 'A'.repeat(43) }],
  ['something that is no object', 'x'],
  ['nothing that is said', {}],
])('a token that is bound to %s is refused: nobody looks at that here', async (_what, cnf) => {
  const own = await proxy.token({ cnf });
  for (const scheme of ['Bearer', 'DPoP'])
    expect((await call(proxy.mcpUrl, await proofFor(own, key), own, scheme)).status).toBe(401);
});

test.each(['DPoP', 'DPoP ', 'DPoP a b', 'DPoP "a"'])(
  'a malformed header, "%s": 400 invalid_request',
  async (value) => {
    const { status } = await post(
      proxy.mcpUrl,
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { authorization: value },
    );
    expect(status).toBe(400);
  },
);

test('a bound token without the configured scope: 403 by the scheme that it came with', async () => {
  const own = await proxy.token({ cnf: { jkt: key.thumbprint }, scope: 'other' });
  const refused = await call(proxy.mcpUrl, await proofFor(own, key), own);
  expect([refused.status, challengeOf(refused)]).toEqual([
    403,
    expect.stringMatching(/^DPoP error="insufficient_scope"/),
  ]);
});
