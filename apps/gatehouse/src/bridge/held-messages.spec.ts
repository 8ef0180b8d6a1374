import { expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { HeldMessages } from './held-messages.js';
import type { RpcId } from './rpc-message.js';

const line = (text: string): Buffer => Buffer.from(text);

test('what is held comes in order to whoever listens next, once', () => {
  const held = new HeldMessages(() => undefined);
  expect([held.hold(line('a'), undefined), held.hold(line('b'), 'q')]).toEqual([true, true]);
  expect(held.take().map(({ line: text }) => String(text))).toEqual(['a', 'b']);
  expect(held.take()).toEqual([]);
});

test('a question that nobody comes for is refused, and then not held any more', async () => {
  const refused: RpcId[] = [];
  const held = new HeldMessages((id) => refused.push(id), 1);
  held.hold(line('question'), 'q');
  held.hold(line('news'), undefined);
  await until(() => refused.length > 0);
  expect(refused).toEqual(['q']);
  expect(held.take().map(({ line: text }) => String(text))).toEqual(['news']);
});

test('a program that says more than there is room for is refused its questions at once', () => {
  const refused: RpcId[] = [];
  const held = new HeldMessages((id) => refused.push(id));
  while (held.hold(line('x'), undefined));
  expect(held.hold(line('question'), 7)).toBe(false);
  expect(refused).toEqual([7]);
  expect(held.take()).toHaveLength(64);
  expect(held.hold(Buffer.alloc(5 * 1024 * 1024), undefined)).toBe(false);
});
