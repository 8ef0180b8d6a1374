import { randomBytes } from 'node:crypto';
import { Secret } from '@gatehouse/kernel/secret';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Envelope, SealBroken } from './envelope.js';

const key = (id: string) => ({ id, key: new Secret(randomBytes(32).toString('base64url')) });

describe('an envelope', () => {
  const current = key('2026-11');
  const envelope = new Envelope([current]);

  test('opens what it sealed, for any text and owner', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string(), { maxLength: 5 }), (text, owner) => {
        expect(envelope.open(envelope.seal(text, owner), owner)).toBe(text);
      }),
    );
  });

  test('a sealed value copied to another owner does not open', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (owner, thief) => {
        fc.pre(JSON.stringify(owner) !== JSON.stringify(thief));
        expect(() => envelope.open(envelope.seal('token', owner), thief)).toThrow(SealBroken);
      }),
    );
  });

  test('a changed byte anywhere does not open', () => {
    const sealed = envelope.seal('token', ['a']);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => envelope.open(changed, ['a'])).toThrow(SealBroken);
    }
    expect(() => envelope.open(sealed.subarray(0, 20), ['a'])).toThrow(SealBroken);
  });

  test('after a key rotation old values open and new ones use the new key', () => {
    const old = envelope.seal('old', []);
    const rotated = new Envelope([key('2026-12'), current]);
    expect(rotated.open(old, [])).toBe('old');
    expect(() => envelope.open(rotated.seal('new', []), [])).toThrow(SealBroken);
  });
});
