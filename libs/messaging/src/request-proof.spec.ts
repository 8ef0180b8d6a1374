import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { Secret } from '@gatehouse/kernel/secret';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { base64url, SignJWT, UnsecuredJWT } from 'jose';
import { isProven, proveRequest, type ProvenRequest } from './request-proof.js';

const bytes = (letter: string) => Buffer.alloc(32, letter);
const keyOf = (id: string, letter: string) => ({ id, key: new Secret(bytes(letter).toString('base64url')) });
const KEYS = [keyOf('new', 'n'), keyOf('old', 'o')];
const asked: ProvenRequest = {
  contract: sessionOpen,
  subject: 'gatehouse.test.token-vault.session.open.v1',
  request: { tsid: 'a', accountId: 'alice', providers: ['octo'] },
};
const prove = (request: ProvenRequest = asked, keys = KEYS) =>
  proveRequest(request, 'authorization-server', keys);
const claims = async () => {
  const [, payload = ''] = (await prove()).split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
};
const HEADER = { alg: 'HS256', kid: 'new', typ: 'gatehouse-request+jwt' };

afterEach(() => {
  jest.useRealTimers();
});

test('whoever asks, and whatever JSON it asks, the receiver sees the digest that the sender saw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (request) => {
      const proof = await prove({ ...asked, request });
      const received: unknown = JSON.parse(JSON.stringify(request));
      await expect(isProven(proof, { ...asked, request: received }, KEYS)).resolves.toBe(true);
    }),
  );
});

test('a key that is being replaced is still accepted', async () => {
  await expect(isProven(await prove(asked, KEYS.slice(1)), asked, KEYS)).resolves.toBe(true);
});

describe('a request whose caller did not prove who it is', () => {
  const refused: readonly (readonly [string, () => Promise<[string | undefined, ProvenRequest?]>])[] = [
    ['has no proof', () => Promise.resolve([undefined])],
    ['has an empty proof', () => Promise.resolve([''])],
    [
      'has the proof of another body',
      async () => [await prove(), { ...asked, request: { tsid: 'a', accountId: 'mallory' } }],
    ],
    [
      'has the proof of another subject',
      async () => [await prove(), { ...asked, subject: 'gatehouse.test.token-vault.session.close.v1' }],
    ],
    [
      'has the proof of another gateway',
      async () => [await prove({ ...asked, subject: asked.subject.replace('test', 'other') })],
    ],
    [
      'has a proof of a service that may not ask this',
      async () => [await proveRequest(asked, 'vmcp-proxy', KEYS)],
    ],
    ['has a proof with an unknown key', async () => [await prove(asked, [keyOf('new', 'x')])]],
    ['has a proof with a key id that nobody knows', async () => [await prove(asked, [keyOf('other', 'n')])]],
    ['has an unsigned proof', async () => [new UnsecuredJWT(await claims()).encode()]],
    [
      'has a proof of another type',
      async () => [
        await new SignJWT(await claims()).setProtectedHeader({ ...HEADER, typ: 'at+jwt' }).sign(bytes('n')),
      ],
    ],
    [
      'has a proof without an end',
      async () => {
        const rest = { ...(await claims()) };
        delete rest['exp'];
        return [await new SignJWT(rest).setProtectedHeader(HEADER).sign(bytes('n'))];
      },
    ],
    [
      'has a proof that another digest was put into',
      async () => {
        const [header = '', , signature = ''] = (await prove()).split('.');
        const payload = base64url.encode(JSON.stringify({ ...(await claims()), request: 'x' }));
        return [`${header}.${payload}.${signature}`];
      },
    ],
  ];
  test.each(refused)('is refused when it %s', async (_what, made) => {
    const [proof, received = asked] = await made();
    await expect(isProven(proof, received, KEYS)).resolves.toBe(false);
  });

  test.each([
    ['a replay after its time', 70_000],
    ['one from the future', -70_000],
  ])('is refused as %s', async (_what, laterMs) => {
    jest.useFakeTimers({ now: 1_800_000_000_000, doNotFake: ['nextTick', 'setImmediate'] });
    const proof = await prove();
    jest.setSystemTime(1_800_000_000_000 + laterMs);
    await expect(isProven(proof, asked, KEYS)).resolves.toBe(false);
  });

  test.each([30_000, -50_000])('is accepted between clocks that are %s ms apart', async (laterMs) => {
    jest.useFakeTimers({ now: 1_800_000_000_000, doNotFake: ['nextTick', 'setImmediate'] });
    const proof = await prove();
    jest.setSystemTime(1_800_000_000_000 + laterMs);
    await expect(isProven(proof, asked, KEYS)).resolves.toBe(true);
  });
});

test('a service without a key sends no request that has to be proven', async () => {
  await expect(prove(asked, [])).rejects.toThrow('has no request key');
});
