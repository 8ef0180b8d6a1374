import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isUtf8 } from 'node:buffer';
import { Utf8Check } from './utf8-check.js';

test('bytes are UTF-8 or not, however they are cut', () => {
  const damaged = fc.tuple(fc.string({ unit: 'binary' }), fc.nat(), fc.nat(255)).map(([text, at, byte]) => {
    const bytes = Buffer.from(text);
    if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  });
  const bytes = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    damaged,
    fc.uint8Array({ maxLength: 6 }).map((array) => Buffer.from(array)),
  );
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(5)), (all, sizes) => {
      const check = new Utf8Check();
      let from = 0;
      for (const size of sizes) {
        check.push(all.subarray(from, from + size));
        from = Math.min(from + size, all.length);
      }
      check.push(all.subarray(from));
      expect(check.end()).toBe(isUtf8(all));
    }),
    { numRuns: 2_000 },
  );
});
