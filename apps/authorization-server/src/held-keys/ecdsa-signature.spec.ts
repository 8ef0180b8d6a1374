import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { joseSignature } from './ecdsa-signature.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('a signature of ECDSA in DER', () => {
  test('is the same one as JWS has it', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        const signature = joseSignature(sign('sha256', data, privateKey));
        return (
          signature.length === 64 &&
          verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
        );
      }),
    );
  });

  test('with small numbers is padded', () => {
    const der = Buffer.from('3006020101020102', 'hex');
    expect(joseSignature(der).toString('hex')).toBe(`${'00'.repeat(31)}01${'00'.repeat(31)}02`);
  });

  test('attack: bytes that are none are refused, whatever they are', () => {
    const good = sign('sha256', Buffer.from('x'), privateKey);
    for (const bad of [
      Buffer.alloc(0),
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.from([0])]),
      Buffer.from('3003020101', 'hex'),
      Buffer.from('3009020101020102020103', 'hex'),
      Buffer.from(`30260221${'01'.repeat(33)}020101`, 'hex'),
    ])
      expect(() => joseSignature(bad)).toThrow();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          return joseSignature(Buffer.from(bytes)).length === 64;
        } catch {
          return true;
        }
      }),
    );
  });
});
