import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from '@gatehouse/config/load';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { onShiftedPorts } from './shifted-ports.js';

const CONFIGURATION = `
name: talk
publicUrl: http://localhost:4483
incomingAuth: { type: anonymous }
listen:
  proxy: { port: 5001, internal: { port: 5002 } }
  authorizationServer: { port: 5003, internal: { port: 5004 } }
  tokenVault: { internal: { port: 5005 } }
backends: [{ name: one, url: 'http://localhost:2/mcp', transport: streamable-http }]
vault: { keyEncryptionKeys: [{ id: a, env: KEK }] }
postgres: { tokenVault: { url: { env: DATABASE } } }
nats: { servers: ['nats://localhost:3'] }
`;

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-ports-'));
  file = join(folder, 'gatehouse.yaml');
  await writeFile(file, CONFIGURATION);
});
afterAll(() => rm(folder, { recursive: true }));

const portsOf = (shift: string | undefined) => {
  const { model } = onShiftedPorts(loadConfiguration(file, { part: 'none' }), shift);
  const { proxy, authorizationServer, tokenVault } = model?.listen ?? {};
  return {
    publicUrl: model?.publicUrl,
    ports: [
      proxy?.port,
      proxy?.internal.port,
      authorizationServer?.port,
      authorizationServer?.internal.port,
      tokenVault?.internal.port,
    ],
  };
};

test('a further replica listens above the configured ports, and says the same of itself', () => {
  expect(portsOf(undefined)).toEqual({
    publicUrl: 'http://localhost:4483',
    ports: [5001, 5002, 5003, 5004, 5005],
  });
  expect(portsOf('100')).toEqual({
    publicUrl: 'http://localhost:4483',
    ports: [5101, 5102, 5103, 5104, 5105],
  });
});

test.each(['a', '-1', '1.5'])('a shift of %s is none', (shift) => {
  expect(() => portsOf(shift)).toThrow('GATEHOUSE_PORT_SHIFT is not a number of ports.');
});
