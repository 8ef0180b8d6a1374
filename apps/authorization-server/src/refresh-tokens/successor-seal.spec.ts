import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { newAccountId, newSessionId, randomToken } from '@gatehouse/kernel/ids';
import { sha256 } from '@gatehouse/kernel/digest';
import { Secret } from '@gatehouse/kernel/secret';
import { Envelope, SealBroken } from '@gatehouse/sealing/envelope';
import fc from 'fast-check';
import { SuccessorSeal, type PresentedToken } from './successor-seal.js';

const newEnvelope = (): Envelope =>
  new Envelope([{ id: 'test', key: new Secret(randomBytes(32).toString('base64url')) }]);
const envelope = newEnvelope();
const seal = new SuccessorSeal(envelope, 'acme');
const newToken = (): PresentedToken => ({
  value: randomToken(),
  tsid: newSessionId(),
  accountId: newAccountId(),
  clientId: 'client',
});

test('what was sealed is given to whoever presents the predecessor, and is there for nobody to read', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (successor, clientId) => {
      const token = { ...newToken(), clientId };
      const sealed = seal.seal(successor, token);
      expect(seal.open(sealed, token)).toBe(successor);
      expect(successor.length > 7 && sealed.toString('latin1').includes(successor)).toBe(false);
    }),
  );
});

test.each<[string, Partial<PresentedToken>]>([
  ['another token', { value: randomToken() }],
  ['another session', { tsid: newSessionId() }],
  ['another account', { accountId: newAccountId() }],
  ['another client', { clientId: 'thief' }],
])('a sealed successor that is copied to %s does not open', (_what, change) => {
  const token = newToken();
  const sealed = seal.seal(randomToken(), token);
  expect(() => seal.open(sealed, { ...token, ...change })).toThrow(SealBroken);
});

test('nor does it open at another gateway, or without the key', () => {
  const token = newToken();
  const sealed = seal.seal(randomToken(), token);
  for (const other of [new SuccessorSeal(envelope, 'other'), new SuccessorSeal(newEnvelope(), 'acme')])
    expect(() => other.open(sealed, token)).toThrow(SealBroken);
});

test('the database and the key together do not open it: the used token is in neither', () => {
  const token = newToken();
  const successor = randomToken();
  const { tsid, accountId, clientId, value } = token;
  // All that a reader of the database knows of the owner.
  const owner = ['acme', 'refresh-token-successor', tsid, accountId, clientId, sha256(value)];
  const inner = envelope.open(seal.seal(successor, token), owner);
  expect(Buffer.from(inner, 'base64url').toString('latin1')).not.toContain(successor);
  expect(() => envelope.open(Buffer.from(inner, 'base64url'), owner)).toThrow(SealBroken);
  expect(() => seal.open(seal.seal(successor, token), { ...token, value: sha256(value) })).toThrow(
    SealBroken,
  );
});
