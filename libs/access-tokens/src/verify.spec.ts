import { describe, expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { createLocalJWKSet, errors, exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { accessTokenClaims, scopesOf } from './claims.js';
import { verifyAccessToken } from './verify.js';

const expected = {
  issuer: 'https://as.example',
  audience: 'https://mcp.example/mcp',
  typ: 'at+jwt',
  clockToleranceSeconds: 0,
};
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const publicJwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' };
const keys = createLocalJWKSet({ keys: [publicJwk] });
const now = Math.floor(Date.now() / 1000);
const good: JWTPayload = {
  iss: expected.issuer,
  sub: 'account',
  aud: expected.audience,
  iat: now,
  exp: now + 60,
  jti: 'j1',
  client_id: 'c1',
  tsid: '6f3f1d4e-7a41-4c7e-9d53-0b8a4a6f1d11',
};
const withoutSubject: JWTPayload = { ...good };
delete withoutSubject.sub;
const sign = (claims: JWTPayload, typ = 'at+jwt') =>
  new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1', typ }).sign(privateKey);

test('a good token gives its claims', async () => {
  await expect(verifyAccessToken(await sign(good), keys, expected)).resolves.toMatchObject({
    sub: 'account',
    tsid: good['tsid'],
  });
});

// RFC 9068, section 4.
describe('refused with token_invalid', () => {
  test.each<{ attack: string; claims: JWTPayload; typ?: string }>([
    { attack: 'a token of another issuer', claims: { ...good, iss: 'https://evil.example' } },
    {
      attack: 'a token issued for another resource (audience confusion)',
      claims: { ...good, aud: 'https://other.example/mcp' },
    },
    { attack: 'an expired token', claims: { ...good, exp: now - 1 } },
    { attack: 'a token that is not valid yet', claims: { ...good, nbf: now + 60 } },
    { attack: 'an id_token used as access token', claims: good, typ: 'JWT' },
    { attack: 'a token without subject', claims: withoutSubject },
    { attack: 'a session id that is no uuid', claims: { ...good, tsid: "x' or 1=1" } },
  ])('$attack', async ({ claims, typ }) => {
    await expect(verifyAccessToken(await sign(claims, typ), keys, expected)).rejects.toMatchObject({
      code: 'token_invalid',
    });
  });

  test('an HMAC token signed with the public key (algorithm confusion)', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(publicJwk).padEnd(64, ' '));
    const forged = await new SignJWT(good)
      .setProtectedHeader({ alg: 'HS256', kid: 'k1', typ: 'at+jwt' })
      .sign(secret);
    await expect(verifyAccessToken(forged, keys, expected)).rejects.toMatchObject({ code: 'token_invalid' });
  });

  test.each([
    '',
    'a.b.c',
    'x'.repeat(10_000),
    `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.e30.`,
  ])('garbage (%#)', async (text) => {
    await expect(verifyAccessToken(text, keys, expected)).rejects.toMatchObject({ code: 'token_invalid' });
  });
});

describe('a key that cannot be had is no fault of the token', () => {
  test.each([
    { why: 'the issuer does not answer in time', thrown: new errors.JWKSTimeout() },
    { why: 'the issuer cannot be reached', thrown: new TypeError('fetch failed') },
    { why: 'the bus is away', thrown: new GatehouseError('unavailable') },
  ])('$why', async ({ thrown }) => {
    const verified = verifyAccessToken(await sign(good), () => Promise.reject(thrown), expected);
    await expect(verified).rejects.toMatchObject({ code: 'unavailable' });
  });

  test.each([new TypeError('not a function'), 'no error at all'])(
    'but %s is not an outage',
    async (thrown) => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what a library may throw
      const verified = verifyAccessToken(await sign(good), () => Promise.reject(thrown), expected);
      await expect(verified).rejects.toMatchObject({ code: 'token_invalid' });
    },
  );
});

test.each([
  { scope: undefined, scopes: [] },
  { scope: '', scopes: [] },
  { scope: 'openid', scopes: ['openid'] },
  { scope: ' openid  email openid ', scopes: ['openid', 'email'] },
])('the scopes of "$scope"', ({ scope, scopes }) => {
  const claims = accessTokenClaims.parse({ ...good, ...(scope === undefined ? {} : { scope }) });
  expect([...scopesOf(claims)]).toEqual(scopes);
});

describe('a token that does not say which key signed it', () => {
  const withoutKid = async (key = privateKey): Promise<string> =>
    await new SignJWT(good).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(key);
  const publishing = async (count: number) => {
    const others = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const { publicKey: other } = await generateKeyPair('ES256', { extractable: true });
        return { ...(await exportJWK(other)), kid: `other-${index}`, alg: 'ES256' };
      }),
    );
    return { others, both: createLocalJWKSet({ keys: [...others, publicJwk] }) };
  };

  test.each([1, 3])(
    'is good while its issuer publishes %d keys more (RFC 7515, section 4.1.4)',
    async (count) => {
      const { both } = await publishing(count);
      await expect(verifyAccessToken(await withoutKid(), both, expected)).resolves.toMatchObject({
        sub: 'account',
      });
    },
  );

  test('attack: is refused when none of several keys signed it', async () => {
    const { others } = await publishing(2);
    await expect(
      verifyAccessToken(await withoutKid(), createLocalJWKSet({ keys: others }), expected),
    ).rejects.toMatchObject({ code: 'token_invalid' });
  });

  test('attack: is refused when it has ended, whichever key signed it', async () => {
    const { both } = await publishing(1);
    const ended = await new SignJWT({ ...good, exp: now - 1 })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .sign(privateKey);
    await expect(verifyAccessToken(ended, both, expected)).rejects.toMatchObject({ code: 'token_invalid' });
  });
});

test('an external issuer may leave typ out', async () => {
  const { issuer, audience, clockToleranceSeconds } = expected;
  const lenient = { issuer, audience, clockToleranceSeconds };
  await expect(verifyAccessToken(await sign(good, 'JWT'), keys, lenient)).resolves.toMatchObject({
    sub: 'account',
  });
});
