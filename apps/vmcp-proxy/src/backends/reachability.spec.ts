import { expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Reachability } from './reachability.js';

const unreachable = new GatehouseError('backend_unavailable', '', { details: { ran: 'no' } });
const brokeOff = new GatehouseError('backend_unavailable', '', { details: { ran: 'maybe' } });

test('after three failed connections calls fail at once; one is let through after two seconds and decides', () => {
  const reachability = new Reachability();
  for (let count = 0; count < 3; count += 1) {
    expect(reachability.isDown(0)).toBe(false);
    reachability.note(unreachable, 0);
  }
  expect(reachability.isDown(1_999)).toBe(true);
  expect(reachability.isDown(2_000)).toBe(false);
  expect(reachability.isDown(2_001)).toBe(true);
  reachability.note(undefined, 2_100);
  expect(reachability.isDown(2_101)).toBe(false);
});

test('a backend that answers, however badly, is not cut off', () => {
  const reachability = new Reachability();
  for (let count = 0; count < 10; count += 1) reachability.note(brokeOff, 0);
  expect(reachability.isDown(1)).toBe(false);
});
