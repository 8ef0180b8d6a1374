import { expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Reachability } from './reachability.js';

const unreachable = new GatehouseError('backend_unavailable', '', { details: { ran: 'no' } });
const brokeOff = new GatehouseError('backend_unavailable', '', { details: { ran: 'maybe' } });

test('after three failed connections calls fail at once; one is let through after two seconds and decides', () => {
  const reachability = new Reachability();
  for (let count = 0; count < 3; count += 1) {
    expect(reachability.isDown(0)).toBe(false);
    reachability.note(unreachable, 0, 0);
  }
  expect(reachability.isDown(1_999)).toBe(true);
  expect(reachability.isDown(2_000)).toBe(false);
  expect(reachability.isDown(2_001)).toBe(true);
  reachability.note(undefined, 2_000, 2_100);
  expect(reachability.isDown(2_101)).toBe(false);
});

test('a backend that answers, however badly, is not cut off', () => {
  const reachability = new Reachability();
  for (let count = 0; count < 10; count += 1) reachability.note(brokeOff, 0, 0);
  expect(reachability.isDown(1)).toBe(false);
});

test('connections that time out while the backend answers others do not cut it off: it is slow, not gone', () => {
  const reachability = new Reachability();
  reachability.note(undefined, 0, 3_000);
  for (let count = 0; count < 10; count += 1) reachability.note(unreachable, 100 * count, 5_000 + count);
  expect(reachability.isDown(5_100)).toBe(false);
  for (let count = 0; count < 3; count += 1) reachability.note(unreachable, 3_001, 8_001);
  expect(reachability.isDown(8_002)).toBe(true);
});
