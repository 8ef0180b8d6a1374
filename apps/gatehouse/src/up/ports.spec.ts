import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DEFAULT_PORT_BASE, INTERNAL_PORT_OFFSET, PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import { REPOSITORY } from '../paths.js';
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
    { portBase: 4483 },
  );
  expect(text).toContain('4483  vmcp-proxy');
  expect(text).toContain('4491  Postgres');
  expect(text).toContain('--port-base 5483');
  const own = renderTakenPorts([{ port: 9000, purpose: 'NATS' }], { portBase: 4483, configFile: 'my.yaml' });
  expect(own).toContain('This port is taken');
  expect(own).toContain('write other ones in my.yaml: publicUrl, authServer.issuer, nats.servers');
});

test.each(['docker-compose.yml', 'examples/compose/gatehouse.yaml', 'examples/demonstration/gatehouse.yaml'])(
  '%s names the ports of the plan, each for what it is',
  (file) => {
    const text = readFileSync(join(REPOSITORY, file), 'utf8');
    const offsets = [...Object.values(PORT_OFFSETS), INTERNAL_PORT_OFFSET, INTERNAL_PORT_OFFSET + 1];
    const named = [...text.matchAll(/\b44[89]\d\b/g)].map(([port]) => Number(port) - DEFAULT_PORT_BASE);
    expect(named.length).toBeGreaterThan(5);
    for (const offset of named) expect(offsets).toContain(offset);
    // NATS and Postgres have their usual ports in containers.
    const ours = Object.entries(PORT_OFFSETS).filter(([name]) => !['nats', 'postgres'].includes(name));
    for (const [name, offset] of ours)
      for (const [, port] of text.matchAll(new RegExp(`//${name}:(\\d+)`, 'g')))
        expect([name, Number(port)]).toEqual([name, DEFAULT_PORT_BASE + offset]);
  },
);
