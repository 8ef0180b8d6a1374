import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { MessageReader } from '../backends/message-reader.js';
import { urisIn } from './uris-in-result.js';

function read(result: unknown, cuts = 1): readonly string[] {
  const reader = new MessageReader();
  const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
  const size = Math.ceil(bytes.length / cuts);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  const [message] = reader.end();
  if (message?.kind !== 'result') throw new Error('no result');
  return urisIn(message.result);
}

const uri = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const naming = fc.oneof(
  uri.map((of) => [of, { type: 'resource_link', uri: of, name: 'x' }] as const),
  uri.map((of) => [of, { type: 'resource', resource: { uri: of, text: '' } }] as const),
);
const silent = fc.constantFrom<unknown>(
  null,
  7,
  'uri',
  {},
  { type: 'text', text: '"uri"' },
  { resource: null },
  [],
);

test('every URI that a result links to or holds is found, however its bytes are cut, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.array(naming, { maxLength: 20 }),
      fc.array(silent),
      fc.constantFrom('content', 'messages', 'contents'),
      fc.integer({ min: 1, max: 20 }),
      (named, others, member, cuts) => {
        const entries = named.map(([, entry]) =>
          member === 'messages' ? { role: 'user', content: entry } : entry,
        );
        const result = { [member]: [...others, ...entries], structuredContent: { uri: 'not:this' } };
        expect(read(result, cuts)).toEqual([...new Set(named.map(([of]) => of))]);
      },
    ),
  );
});

test('a flood of links is cut, and a result of megabytes is not parsed for them', () => {
  const link = (index: number) => ({ type: 'resource_link', uri: `a:${index}` });
  expect(read({ content: Array.from({ length: 1_000 }, (_one, index) => link(index)) })).toHaveLength(64);
  expect(read({ content: [link(1), { type: 'text', text: 'x'.repeat(300_000) }] })).toEqual([]);
  expect(read({ content: [{ ...link(1), uri: `a:${'x'.repeat(5_000)}` }] })).toEqual([]);
});

test('a link is found where each byte of it comes by itself', () => {
  const content = [{ type: 'resource_link', uri: 'a:1', name: 'x' }];
  expect(read({ content }, 1_000)).toEqual(['a:1']);
  expect(read({ content: [{ type: 'text', text: 'no link' }] }, 1_000)).toEqual([]);
});
