import { MIB } from '@gatehouse/kernel/sizes';
import { expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { ContentDecoding } from './content-decoding.js';

const MOST = 4 * MIB;

/** Decodes what is written, to its end or to a bound. */
async function decode(isEndless: boolean, encoded: readonly Buffer[]) {
  const done = Promise.withResolvers<'end' | 'broken' | 'too large'>();
  let bytes = 0;
  let drained = (): void => undefined;
  const sink = {
    data: ({ length }: Buffer) => {
      bytes += length;
    },
    end: () => done.resolve('end'),
    broken: () => done.resolve('broken'),
    tooLarge: () => {
      decoding?.close();
      done.resolve('too large');
    },
    drained: () => drained(),
  };
  const decoding = ContentDecoding.of('gzip', sink, { bytes: MOST, isEndless });
  const state = { isOver: false };
  void done.promise.then(() => (state.isOver = true));
  for (const chunk of encoded) {
    if (state.isOver) break;
    if (decoding?.write(chunk) === false)
      await Promise.race([new Promise<void>((resolve) => (drained = resolve)), done.promise]);
  }
  decoding?.end();
  return { outcome: await done.promise, bytes };
}

/** Events such as servers send, 16 MiB of them, as they come over a network. */
function events(): readonly Buffer[] {
  const text = (): string => `data: ${randomBytes(8_192).toString('hex').repeat(4)}\n\n`;
  const encoded = gzipSync(Array.from({ length: 256 }, text).join(''));
  return Array.from({ length: Math.ceil(encoded.length / 65_536) }, (_, index) =>
    encoded.subarray(index * 65_536, (index + 1) * 65_536),
  );
}

test('an encoded stream without an end goes on after any number of bytes', async () => {
  const { outcome, bytes } = await decode(true, events());
  expect(outcome).toBe('end');
  expect(bytes).toBeGreaterThan(4 * MOST);
});

test('an encoded answer ends at its bound', async () => {
  expect((await decode(false, events())).outcome).toBe('too large');
});

test('a few bytes that stand for any number of them end such a stream as well', async () => {
  const { outcome, bytes } = await decode(true, [gzipSync(Buffer.alloc(64 * MIB))]);
  expect(outcome).toBe('too large');
  expect(bytes).toBeLessThan(16 * MIB);
});
