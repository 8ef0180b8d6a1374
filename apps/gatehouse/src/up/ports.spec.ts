import { expect, test } from '@jest/globals';
import { isUsableBase, movePorts, planPorts, portsToTake, renderTakenPorts, PORT_COUNT } from './ports.js';

test('no two parts share a port, with replicas too', () => {
  const ports = portsToTake(planPorts(4483), true, 3).map(({ port }) => port);
  expect(new Set(ports).size).toBe(ports.length);
  // One of the row is left over.
  expect(ports).toHaveLength(PORT_COUNT - 1 + 2 * 5);
});

test('moving the base moves loopback addresses of the plan and nothing else', () => {
  const text = [
    'issuer: http://localhost:4484',
    'proxy: { host: 127.0.0.1, port: 4483 }',
    'servers: [nats://127.0.0.1:4492]',
    'outside: http://localhost:8080 http://localhost:4497 http://localhost:44831',
    'foreign: https://acme.example:4484',
  ].join('\n');
  expect(movePorts(text, 4483, 6000)).toBe(
    [
      'issuer: http://localhost:6001',
      'proxy: { host: 127.0.0.1, port: 6000 }',
      'servers: [nats://127.0.0.1:6009]',
      'outside: http://localhost:8080 http://localhost:4497 http://localhost:44831',
      'foreign: https://acme.example:4484',
    ].join('\n'),
  );
});

test.each([
  [4483, 1, true],
  [80, 1, false],
  [65_530, 1, false],
  [65_000, 9, false],
  [4483.5, 1, false],
  [Number.NaN, 1, false],
])('base %p with %p replicas: usable is %p', (base, replicas, usable) => {
  expect(isUsableBase(base, replicas)).toBe(usable);
});

test('every taken port is named with what it is for, and so is the way out', () => {
  const text = renderTakenPorts(
    [
      { port: 4483, purpose: 'vmcp-proxy' },
      { port: 4491, purpose: 'Postgres' },
    ],
    4483,
  );
  expect(text).toContain('4483  vmcp-proxy');
  expect(text).toContain('4491  Postgres');
  expect(text).toContain('--port-base 5483');
});
