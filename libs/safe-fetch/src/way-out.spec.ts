import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { ConnectProxy, type ConnectProxyOptions } from '@gatehouse/testing/connect-proxy';
import { selfSignedCertificate } from '@gatehouse/testing/self-signed';
import { OutboundFailure } from './outbound-failure.js';
import { safeFetch, type SafeFetchOptions, type SafeResponse } from './safe-fetch.js';
import type { EgressProxy, WayOut } from './way-out.js';

/** Nothing here resolves it; the proxy does. */
const NAME = 'idp.corp.example';
const certificate = selfSignedCertificate(NAME, 'localhost', '127.0.0.1');
const caBundle = new Secret(certificate.cert);
const RULES = { allowPrivateIps: false, insecureAllowHttp: true, timeoutMs: 10_000 };

const seen: {
  readonly url: string | undefined;
  readonly host: string | undefined;
  readonly headers: string;
}[] = [];
const listener: RequestListener = ({ url, headers }, response) => {
  seen.push({ url, host: headers.host, headers: JSON.stringify(headers) });
  response.end('hello');
};
let secure: SecureServer;
let plain: Server;
const portOf = (server: Server | SecureServer): number => (server.address() as AddressInfo).port;
beforeAll(async () => {
  secure = createSecureServer(certificate, listener);
  plain = createServer(listener);
  for (const server of [secure, plain])
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const server of [secure, plain]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const proxies: ConnectProxy[] = [];
afterEach(async () => {
  seen.length = 0;
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

async function startProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const proxy = await ConnectProxy.start({ hosts: { [NAME]: portOf(secure) }, ...options });
  proxies.push(proxy);
  return proxy;
}

const through = (proxy: EgressProxy, more: Partial<WayOut> = {}): WayOut => ({
  httpProxy: proxy,
  httpsProxy: proxy,
  noProxy: [],
  refusesPrivateAddresses: false,
  ...more,
});

const unresolved: NonNullable<SafeFetchOptions['resolve']> = (_hostname, done) =>
  done(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }), []);
const resolvesTo =
  (address: string): NonNullable<SafeFetchOptions['resolve']> =>
  (_hostname, done) =>
    done(null, [{ address, family: 4 }]);

const ask = async (
  wayOut: WayOut,
  {
    url = `https://${NAME}/token?a=b`,
    ...options
  }: Partial<SafeFetchOptions> & { readonly url?: string } = {},
): Promise<SafeResponse> =>
  await safeFetch({ url }, { ...RULES, caBundle, resolve: unresolved, wayOut, ...options });

async function failureOf(promise: Promise<unknown>): Promise<OutboundFailure> {
  const error: unknown = await promise.then(
    () => new Error('it was answered'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(OutboundFailure);
  return error as OutboundFailure;
}

describe('where only a proxy leads out', () => {
  test('https goes through a tunnel, by the name, and the proxy sees nothing of the request', async () => {
    const proxy = await startProxy();
    expect((await ask(through(proxy))).body.toString()).toBe('hello');
    expect(proxy.asked).toEqual([{ method: 'CONNECT', target: `${NAME}:443`, authorization: undefined }]);
    expect(seen).toMatchObject([{ url: '/token?a=b', host: NAME }]);
  });

  test('http is asked for in absolute form', async () => {
    const proxy = await startProxy({ hosts: { [NAME]: portOf(plain) } });
    const url = `http://${NAME}/token?a=b`;
    expect((await ask(through(proxy), { url })).body.toString()).toBe('hello');
    expect(proxy.asked).toEqual([{ method: 'GET', target: url, authorization: undefined }]);
    expect(seen).toMatchObject([{ url: '/token?a=b', host: NAME }]);
  });

  test.each(['http', 'https'])(
    '%s: the proxy gets its credentials, and nobody behind it does',
    async (scheme) => {
      const credentials = 'gatehouse:pa:ss wörd';
      const hosts = { [NAME]: portOf(scheme === 'http' ? plain : secure) };
      const proxy = await startProxy({ credentials, hosts });
      const wayOut = through({ url: proxy.url, credentials: new Secret(credentials) });
      expect((await ask(wayOut, { url: `${scheme}://${NAME}/` })).status).toBe(200);
      expect(seen[0]?.headers).not.toMatch(/proxy|basic/i);
    },
  );

  test.each(['http', 'https'])('%s: refused credentials are said, and not repeated', async (scheme) => {
    const proxy = await startProxy({ credentials: 'other:words' });
    const wayOut = through({ url: proxy.url, credentials: new Secret('gatehouse:hunter2') });
    const failure = await failureOf(ask(wayOut, { url: `${scheme}://${NAME}/` }));
    expect(failure).toMatchObject({ kind: 'unreachable', maybeSent: false });
    expect(failure.message).toContain('egress.proxy.credentials');
    expect(JSON.stringify([failure.message, String(failure.cause)])).not.toMatch(/hunter2|Z2F0ZWhvdXNl/);
  });

  test('a proxy over https is proven by its own certificates', async () => {
    const tls = selfSignedCertificate('127.0.0.1');
    const proxy = await startProxy({ tls });
    const wayOut = through({ url: proxy.url, caBundle: new Secret(tls.cert) });
    expect((await ask(wayOut)).body.toString()).toBe('hello');
    expect((await failureOf(ask(through({ url: proxy.url })))).kind).toBe('unreachable');
  });

  test('hosts of noProxy are reached directly', async () => {
    const proxy = await startProxy();
    const wayOut = through(proxy, { noProxy: ['localhost'] });
    const url = `https://localhost:${portOf(secure)}/`;
    expect((await ask(wayOut, { url, allowPrivateIps: true, resolve: resolvesTo('127.0.0.1') })).status).toBe(
      200,
    );
    expect(proxy.asked).toEqual([]);
  });

  test.each([403, 404, 502])('a proxy that answers %p was not asked to send anything', async (refuseWith) => {
    const proxy = await startProxy({ refuseWith });
    expect(await failureOf(ask(through(proxy)))).toMatchObject({
      kind: 'unreachable',
      maybeSent: false,
      message: expect.stringContaining(String(refuseWith)),
    });
  });

  test('a proxy that is gone, or says nothing, is unreachable, and the request was not sent', async () => {
    const gone = await startProxy();
    const { url } = gone;
    await gone.close();
    proxies.length = 0;
    expect(await failureOf(ask(through({ url })))).toMatchObject({ kind: 'unreachable', maybeSent: false });
    const silent = createServer().on('connect', () => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const wayOut = through({ url: `http://127.0.0.1:${portOf(silent)}` });
    expect(await failureOf(ask(wayOut, { timeoutMs: 300 }))).toMatchObject({
      kind: 'timeout',
      maybeSent: false,
    });
    silent.closeAllConnections();
    silent.close();
  });
});

describe('a proxy in the way is no hole (SSRF)', () => {
  test.each([
    'https://169.254.169.254/',
    'http://169.254.169.254/',
    'https://2852039166/',
    'https://[fe80::1]/',
  ])('the proxy is never asked for %s, whatever is allowed', async (url) => {
    const proxy = await startProxy();
    const wayOut = through(proxy, { refusesPrivateAddresses: true });
    expect((await failureOf(ask(wayOut, { url, allowPrivateIps: true }))).kind).toBe('blocked');
    expect(proxy.asked).toEqual([]);
  });

  test.each(['https://127.0.0.1/', 'https://localhost/', 'https://10.1.2.3/', 'https://[::ffff:10.0.0.1]/'])(
    'the proxy is not asked for %s, unless private addresses are allowed',
    async (url) => {
      const proxy = await startProxy();
      expect((await failureOf(ask(through(proxy), { url }))).kind).toBe('blocked');
      expect(proxy.asked).toEqual([]);
    },
  );

  test.each(['169.254.169.254', '10.0.0.7', '127.0.0.1'])(
    'the proxy is not asked for a name that resolves to %s here',
    async (address) => {
      const proxy = await startProxy();
      expect((await failureOf(ask(through(proxy), { resolve: resolvesTo(address) }))).kind).toBe('blocked');
      expect(proxy.asked).toEqual([]);
    },
  );

  test('a name that a stranger chose and that does not resolve here is not left to the proxy, unless that one judges', async () => {
    const proxy = await startProxy();
    const failure = await failureOf(ask(through(proxy), { ofStrangers: true }));
    expect(failure).toMatchObject({
      kind: 'blocked',
      message: expect.stringContaining('refusesPrivateAddresses'),
    });
    expect(proxy.asked).toEqual([]);
    const judging = through(proxy, { refusesPrivateAddresses: true });
    expect((await ask(judging, { ofStrangers: true })).status).toBe(200);
    const resolving = { ofStrangers: true, resolve: resolvesTo('93.184.216.34') };
    expect((await ask(through(proxy), resolving)).status).toBe(200);
  });

  test('DNS rebinding at the proxy: what it leads to cannot show the certificate, and gets no request', async () => {
    const inside = selfSignedCertificate('inside.corp.example');
    const server = createSecureServer(inside, listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = await startProxy({ hosts: { [NAME]: portOf(server) } });
    const failure = await failureOf(ask(through(proxy), { resolve: resolvesTo('93.184.216.34') }));
    expect(failure).toMatchObject({ kind: 'unreachable', maybeSent: false });
    expect(seen).toEqual([]);
    server.closeAllConnections();
    server.close();
  });
});

describe('a private authority', () => {
  const url = (): string => `https://localhost:${portOf(secure)}/`;
  const LOCAL = { ...RULES, allowPrivateIps: true };

  test('is trusted where its bundle is written, and nowhere else', async () => {
    expect((await safeFetch({ url: url() }, { ...LOCAL, caBundle })).status).toBe(200);
    expect(await failureOf(safeFetch({ url: url() }, LOCAL))).toMatchObject({
      kind: 'unreachable',
      maybeSent: false,
    });
  });

  test('does not make another name right', async () => {
    const other = selfSignedCertificate('other.example');
    const failure = await failureOf(
      safeFetch({ url: url() }, { ...LOCAL, caBundle: new Secret(other.cert) }),
    );
    expect(failure.kind).toBe('unreachable');
  });
});
