import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseOrder, renderOrder, type KeeperOrder } from './keeper-orders.js';

test('every order survives the pipe', () => {
  const pid = fc.integer({ min: 2, max: 4_194_304 });
  const order: fc.Arbitrary<KeeperOrder> = fc.oneof(
    fc.record({
      kind: fc.constant('keep' as const),
      pid,
      signal: fc.constantFrom('SIGTERM' as const, 'SIGINT' as const),
      phase: fc.constantFrom(1 as const, 2 as const, 3 as const),
    }),
    fc.record({ kind: fc.constant('forget' as const), pid }),
    fc.record({ kind: fc.constantFrom('stop' as const, 'hurry' as const) }),
  );
  fc.assert(fc.property(order, (given) => expect(parseOrder(renderOrder(given))).toEqual(given)));
});

test.each([
  '',
  'null',
  '[]',
  '{"kind":"keep","pid":1,"signal":"SIGTERM","phase":1}',
  '{"kind":"keep","pid":-5,"signal":"SIGTERM","phase":1}',
  '{"kind":"keep","pid":0,"signal":"SIGTERM","phase":1}',
  '{"kind":"keep","pid":77,"signal":"SIGKILL","phase":1}',
  '{"kind":"keep","pid":77,"signal":"SIGTERM","phase":4}',
  '{"kind":"forget","pid":"77"}',
])('a line that is no order, or would hit foreign process groups, is not obeyed: %s', (line) => {
  expect(parseOrder(line)).toBeUndefined();
});
