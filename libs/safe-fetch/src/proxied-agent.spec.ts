import { createServer, get as getPlain, type RequestListener } from 'node:http';
import { createServer as createSecureServer, get as getSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Secret } from '@gatehouse/kernel/secret';
import { ConnectProxy, type ConnectProxyOptions } from '@gatehouse/testing/connect-proxy';
import { selfSignedCertificate } from '@gatehouse/testing/self-signed';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { proxiedAgent } from './proxied-agent.js';
import type { EgressProxy } from './way-out.js';

/** Nothing here resolves it; the proxy does. */
const NAME = 'collector.corp.example';
const certificate = selfSignedCertificate(NAME, '127.0.0.1');
const caBundle = new Secret(certificate.cert);
const answering: RequestListener = (_request, response) => response.end('taken');
const secure = createSecureServer(certificate, answering);
const plain = createServer(answering);
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  for (const server of [secure, plain])
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const server of [secure, plain]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** @returns the status of the answer, and what the proxy was asked for. */
async function through(
  scheme: 'http' | 'https',
  options: ConnectProxyOptions = {},
  more: Partial<EgressProxy> = {},
) {
  const target = new URL(`${scheme}://${NAME}:4318/v1/traces`);
  const port = portOf(scheme === 'https' ? secure : plain);
  const proxy = await ConnectProxy.start({ hosts: { [NAME]: port }, ...options });
  const way = { url: proxy.url, ...more };
  const wayOut = { httpProxy: way, httpsProxy: way, noProxy: [], refusesPrivateAddresses: false };
  const agent = proxiedAgent({ wayOut, caBundle, insecureAllowHttp: true }, target);
  try {
    const status = await new Promise<number | string>((resolve) => {
      const get = scheme === 'https' ? getSecure : getPlain;
      get(target, { agent }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      }).on('error', (error) => resolve(error.message));
    });
    return { status, asked: proxy.asked.map(({ method, target: asked }) => `${method} ${asked}`) };
  } finally {
    agent?.destroy();
    await proxy.close();
  }
}

test('a collector over https is reached in a tunnel, and the proxy reads nothing', async () => {
  expect(await through('https')).toEqual({ status: 200, asked: [`CONNECT ${NAME}:4318`] });
});

test('a proxy that asks for credentials gets them; without, nothing gets through', async () => {
  const credentials = 'gate:wo:rd@1';
  expect((await through('https', { credentials }, { credentials: new Secret(credentials) })).status).toBe(
    200,
  );
  expect((await through('http', { credentials }, { credentials: new Secret(credentials) })).status).toBe(200);
  expect((await through('https', { credentials })).status).not.toBe(200);
});

test('a proxy over https is trusted by its own certificates', async () => {
  expect((await through('https', { tls: certificate }, { caBundle })).status).toBe(200);
  expect((await through('https', { tls: certificate })).status).not.toBe(200);
});

test('a collector over http is asked for in absolute form', async () => {
  const { status, asked } = await through('http');
  expect([status, asked]).toEqual([200, [`GET http://${NAME}:4318/v1/traces`]]);
});

test('what egress.proxy exempts is reached directly', () => {
  const wayOut = {
    httpsProxy: { url: 'http://127.0.0.1:9' },
    noProxy: ['corp.example'],
    refusesPrivateAddresses: false,
  };
  expect(proxiedAgent({ wayOut, insecureAllowHttp: false }, new URL(`https://${NAME}`))).toBeUndefined();
  expect(proxiedAgent({ insecureAllowHttp: false }, new URL(`https://${NAME}`))).toBeUndefined();
});
