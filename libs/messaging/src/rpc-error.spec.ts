import { ERROR_CODES, isErrorCode } from '@gatehouse/kernel/error-codes';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRpcError, toRpcError } from './rpc-error.js';

const codes = Object.keys(ERROR_CODES).filter(isErrorCode);
const details = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string(), { maxKeys: 3 });

test('a code of the contract arrives as it was thrown, with its public details', () => {
  fc.assert(
    fc.property(fc.constantFrom(...codes), details, (code, given) => {
      const thrown = new GatehouseError(code, 'internal text', { details: given });
      const arrived = fromRpcError(JSON.parse(JSON.stringify(toRpcError(thrown, [code]))), 'a.subject');
      expect(arrived).toMatchObject({ code, details: given });
      expect(arrived.message).not.toContain('internal text');
    }),
  );
});

test('a code that the contract does not name crosses as internal, without its details', () => {
  fc.assert(
    fc.property(fc.constantFrom(...codes), details, (code, given) => {
      fc.pre(code !== 'deadline_exceeded' && code !== 'unavailable');
      const others = codes.filter((other) => other !== code);
      const thrown = new GatehouseError(code, 'internal text', { details: given });
      expect(toRpcError(thrown, others)).toEqual({ code: 'internal', details: {} });
    }),
  );
});

test.each(['deadline_exceeded', 'unavailable'] as const)('%s crosses whatever the contract names', (code) => {
  expect(toRpcError(new GatehouseError(code), [])).toEqual({ code, details: {} });
});

describe('what comes without a code of ours', () => {
  test('is internal, and nothing of it is quoted', () => {
    fc.assert(
      fc.property(fc.anything(), fc.stringMatching(/^[A-Za-z0-9]{20}$/), (value, secret) => {
        fc.pre(typeof value !== 'object' || value === null || !('code' in value));
        for (const answer of [value, secret, { code: secret }, { code: 'unavailable', details: secret }]) {
          const error = fromRpcError(answer, 'a.subject');
          expect(error.code).toBe('internal');
          expect(error.message).not.toContain(secret);
        }
      }),
    );
  });

  test('a code named like a member of every object is no code', () => {
    for (const code of ['constructor', 'toString', '__proto__'])
      expect(fromRpcError({ code }, 'a.subject').code).toBe('internal');
  });
});
