import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Secret } from '@gatehouse/kernel/secret';
import type { ProxyBackend } from '@gatehouse/config/parts';
import { ConnectProxy } from '@gatehouse/testing/connect-proxy';
import { selfSignedCertificate } from '@gatehouse/testing/self-signed';
import { BackendClient } from './backend.client.js';
import { PLAIN_BACKEND } from './plain-backend.fixture.js';

/** Only the proxy can resolve it. */
const NAME = 'tickets.corp.example';
const certificate = selfSignedCertificate(NAME);
const seen: string[] = [];
const server = createServer(certificate, (request, response) => {
  seen.push(JSON.stringify(request.headers));
  request.resume().on('end', () => response.end('{}'));
});
let proxy: ConnectProxy;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  proxy = await ConnectProxy.start({ credentials: 'gatehouse:word', hosts: { [NAME]: port } });
});
beforeEach(() => {
  seen.length = 0;
});
afterAll(async () => {
  await proxy.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const backend = (more: Partial<ProxyBackend> = {}): ProxyBackend => {
  const way = { url: proxy.url, credentials: new Secret('gatehouse:word') };
  return {
    ...PLAIN_BACKEND,
    name: 'tickets',
    url: `https://${NAME}/mcp`,
    limits: { calls: 8, callsPerPerson: 8, streams: 8, streamsPerPerson: 8 },
    allowPrivateIps: false,
    insecureAllowHttp: false,
    wayOut: { httpsProxy: way, httpProxy: way, noProxy: [], refusesPrivateAddresses: false },
    caBundle: new Secret(certificate.cert),
    ...more,
  };
};

const send = async (configured: ProxyBackend, times = 1): Promise<readonly number[]> => {
  const client = new BackendClient([configured]);
  const statuses: number[] = [];
  try {
    for (let time = 0; time < times; time += 1) {
      const response = await client.send(configured.name, {
        method: 'POST',
        headers: { authorization: 'Bearer of-the-backend' },
        body: '{}',
        deadlineAtMs: Date.now() + 60_000,
        purpose: 'call',
        person: undefined,
      });
      statuses.push(response.status);
      await response.discard();
    }
  } finally {
    await client.close();
  }
  return statuses;
};

test('a backend behind a private authority is called through a tunnel', async () => {
  const before = proxy.asked.length;
  expect(await send(backend(), 3)).toEqual([200, 200, 200]);
  const asked = proxy.asked.slice(before).map(({ method, target }) => `${method} ${target}`);
  expect(new Set(asked)).toEqual(new Set([`CONNECT ${NAME}:443`]));
  expect(seen.join()).not.toMatch(/proxy-/);
});

test('a backend whose certificate is of another authority gets no credential', async () => {
  const another = new Secret(selfSignedCertificate(NAME).cert);
  await expect(send(backend({ caBundle: another }))).rejects.toMatchObject({
    code: 'backend_unavailable',
    details: { ran: 'no' },
  });
  expect(seen).toEqual([]);
});

test('the proxy is never asked for an address that is refused without it (SSRF)', async () => {
  const before = proxy.asked.length;
  for (const url of ['https://169.254.169.254/mcp', 'https://10.0.0.7/mcp', 'https://localhost/mcp'])
    await expect(send(backend({ url }))).rejects.toMatchObject({
      code: 'backend_unavailable',
      details: { ran: 'no' },
    });
  expect(proxy.asked.length).toBe(before);
});

test.each(['http', 'https'])(
  '%s: a proxy that refuses our credentials is said, and nothing ran',
  async (scheme) => {
    const way = { url: proxy.url, credentials: new Secret('gatehouse:other') };
    const refused = backend({
      url: `${scheme}://${NAME}/mcp`,
      insecureAllowHttp: true,
      wayOut: { httpsProxy: way, httpProxy: way, noProxy: [], refusesPrivateAddresses: false },
    });
    await expect(send(refused)).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: expect.stringContaining('egress.proxy.credentials'),
      details: { ran: 'no' },
    });
  },
);
