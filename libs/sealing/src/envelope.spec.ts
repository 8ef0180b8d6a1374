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

test('keys that cannot seal are refused when the envelope is made, by their id alone', () => {
  expect(() => new Envelope([])).toThrow('at least one key-encryption key');
  const short = new Secret(randomBytes(31).toString('base64url'));
  expect(() => new Envelope([{ id: 'short', key: short }])).toThrow(
    'key-encryption key short must have 32 bytes',
  );
});

test('a value sealed with a key that is gone does not open, and is told apart from no other failure', () => {
  const [gone, here] = [key('gone'), key('here')];
  const sealed = new Envelope([gone]).seal('token', ['a']);
  expect(() => new Envelope([here]).open(sealed, ['a'])).toThrow(SealBroken);
  for (const bytes of [new Uint8Array(), Uint8Array.of(1), Uint8Array.of(2, 4, 103, 111)])
    expect(() => new Envelope([here]).open(bytes, ['a'])).toThrow(SealBroken);
});
