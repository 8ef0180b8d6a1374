import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addressKind } from '@gatehouse/kernel/network-address';
import { fetchFunction } from './fetch-function.js';
import { OutboundFailure } from './outbound-failure.js';
import { safeFetch, type SafeFetchOptions } from './safe-fetch.js';

const STRICT: SafeFetchOptions = { allowPrivateIps: false, insecureAllowHttp: true, timeoutMs: 2_000 };
const LOCAL: SafeFetchOptions = { ...STRICT, allowPrivateIps: true };

const open: { close: (done: () => void) => unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => new Promise<void>((done) => server.close(done))));
});

async function serve(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  open.push({ close: (done) => (server.closeAllConnections(), server.close(done)) });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const resolvesTo =
  (...addresses: string[]): NonNullable<SafeFetchOptions['resolve']> =>
  (_hostname, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

async function failure(promise: Promise<unknown>): Promise<OutboundFailure> {
  const error = await promise.then(
    () => new Error('it was answered'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(OutboundFailure);
  return error as OutboundFailure;
}

describe('server-side request forgery', () => {
  test('a DNS name that resolves to the cloud metadata address is refused, also where private addresses are allowed', async () => {
    for (const rules of [STRICT, LOCAL]) {
      const refused = await failure(
        safeFetch(
          { url: 'http://idp.example/latest/meta-data' },
          { ...rules, resolve: resolvesTo('169.254.169.254') },
        ),
      );
      expect(refused).toMatchObject({ kind: 'blocked', maybeSent: false });
    }
  });

  test('a DNS name that mixes a public and a private address is refused', async () => {
    const refused = await failure(
      safeFetch(
        { url: 'http://idp.example/' },
        { ...STRICT, resolve: resolvesTo('93.184.216.34', '10.0.0.7') },
      ),
    );
    expect(refused.kind).toBe('blocked');
  });

  test.each([
    'http://127.0.0.1:1/',
    'http://2130706433:1/',
    'http://0x7f.1:1/',
    'http://[::1]:1/',
    'http://[::ffff:10.0.0.1]:1/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::7f00:1]/',
    'http://100.64.0.1/',
    'http://0.0.0.0:1/',
    'http://[fe80::1]/',
    'http://localhost:1/',
  ])('%s is refused before a connection is made', async (url) => {
    expect(await failure(safeFetch({ url }, STRICT))).toMatchObject({ kind: 'blocked', maybeSent: false });
  });

  test('a redirect to a private host is returned, not followed', async () => {
    let followed = 0;
    const inside = await serve((_request, response) => {
      followed += 1;
      response.end('secret');
    });
    const { url } = await serve((_request, response) =>
      response.writeHead(302, { location: `${inside.url}/admin` }).end(),
    );
    const answer = await fetchFunction(LOCAL)(url, { method: 'GET', headers: {} });
    expect(answer.status).toBe(302);
    expect(followed).toBe(0);
  });

  test('plain http is refused unless it was allowed, and other schemes always', async () => {
    const { url } = await serve((_request, response) => response.end('ok'));
    expect((await failure(safeFetch({ url }, { ...LOCAL, insecureAllowHttp: false }))).kind).toBe('blocked');
    expect((await failure(safeFetch({ url: 'file:///etc/passwd' }, LOCAL))).kind).toBe('blocked');
    expect((await failure(safeFetch({ url: 'http://user:pass@example.org/' }, LOCAL))).kind).toBe('blocked');
    await expect(safeFetch({ url }, LOCAL)).resolves.toMatchObject({ status: 200 });
  });

  test('an IPv4 address means the same thing however it is wrapped in IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const kind = addressKind(address);
        expect(addressKind(`::ffff:${address}`)).toBe(kind);
        expect(addressKind(`64:ff9b::${address}`)).toBe(kind);
      }),
    );
  });

  test('the clouds’ own services are forbidden also under addresses that look public or private', () => {
    const services = [
      '168.63.129.16',
      '100.100.100.200',
      'fd00:ec2::254',
      'fd20:ce::254',
      '::ffff:168.63.129.16',
    ];
    expect(new Set(services.map(addressKind))).toEqual(new Set(['forbidden']));
  });

  test('every address of the local ranges is recognised, whatever its host part', () => {
    fc.assert(
      fc.property(fc.nat(0xff_ffff), (host) => {
        const tail = [host >> 16, (host >> 8) & 0xff, host & 0xff];
        expect(addressKind(`10.${tail.join('.')}`)).toBe('private');
        expect(addressKind(`127.${tail.join('.')}`)).toBe('private');
        expect(addressKind(`169.254.${tail.slice(1).join('.')}`)).toBe('forbidden');
        expect(addressKind(`fe80::${tail.map((part) => part.toString(16)).join(':')}`)).toBe('forbidden');
      }),
    );
    expect(['93.184.216.34', '2606:2800:220:1::1'].map(addressKind)).toEqual(['public', 'public']);
    expect(['not-an-address', '', 'fe80::1%eth0', 'ff02::1', '::'].map(addressKind)).toEqual(
      Array(5).fill('forbidden'),
    );
  });
});

describe('a hostile server', () => {
  test('an oversized body is cut off', async () => {
    const { url } = await serve((_request, response) => response.end(Buffer.alloc(5_000)));
    const refused = await failure(safeFetch({ url }, { ...LOCAL, maxResponseBytes: 4_096 }));
    expect(refused).toMatchObject({ kind: 'too_large', maybeSent: true });
  });

  test('a body that trickles for ever ends at the deadline', async () => {
    const { url } = await serve((_request, response) => {
      response.write('x');
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const refused = await failure(safeFetch({ url }, { ...LOCAL, timeoutMs: 300 }));
    expect(refused).toMatchObject({ kind: 'timeout', maybeSent: true });
  });

  test.each([
    ['gzip', gzipSync],
    ['X-GZIP', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['zstd', zstdCompressSync],
    ['identity', (text: string) => Buffer.from(text)],
  ])('that encodes its answer unasked (%s) is read', async (coding, encode) => {
    const { url } = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': coding }).end(encode('{"access_token":"a"}')),
    );
    const answer = await fetchFunction(LOCAL)(url, { method: 'GET', headers: {} });
    expect(await answer.json()).toEqual({ access_token: 'a' });
    expect(answer.headers.get('content-encoding')).toBeNull();
  });

  test('cannot have more kept than is allowed by sending less (bomb)', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000));
    expect(bomb.length).toBeLessThan(4_096);
    const { url } = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    const refused = await failure(safeFetch({ url }, { ...LOCAL, maxResponseBytes: 4_096 }));
    expect(refused).toMatchObject({ kind: 'too_large', maybeSent: true });
  });

  test.each([
    ['gzip', Buffer.from('not encoded at all')],
    ['gzip', gzipSync('cut off').subarray(0, 12)],
    ['compress', Buffer.from('x')],
    ['__proto__', Buffer.from('x')],
  ])('whose answer in %s cannot be read is broken', async (coding, body) => {
    const { url } = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': coding }).end(body),
    );
    expect(await failure(safeFetch({ url }, LOCAL))).toMatchObject({ kind: 'broken', maybeSent: true });
  });
});

describe('whether a request can have arrived', () => {
  test('a refused connection and an unknown name were not sent', async () => {
    const { url, server } = await serve((_request, response) => response.end());
    await new Promise<void>((done) => server.close(() => done()));
    expect(await failure(safeFetch({ url }, LOCAL))).toMatchObject({ kind: 'unreachable', maybeSent: false });
    expect(await failure(safeFetch({ url: 'http://nobody.invalid/' }, LOCAL))).toMatchObject({
      kind: 'unreachable',
      maybeSent: false,
    });
  });

  test('a connection that dies after the request was maybe sent', async () => {
    const { url } = await serve((request) => request.socket.destroy());
    expect(await failure(safeFetch({ url, method: 'POST', body: 'a=b' }, LOCAL))).toMatchObject({
      kind: 'broken',
      maybeSent: true,
    });
  });

  test('a server that accepts and stays silent was maybe sent', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    open.push(server);
    const { port } = server.address() as AddressInfo;
    expect(
      await failure(safeFetch({ url: `http://127.0.0.1:${port}/` }, { ...LOCAL, timeoutMs: 200 })),
    ).toMatchObject({ kind: 'timeout', maybeSent: true });
  });
});

test('as a fetch function it sends a form and returns a Response', async () => {
  const { url } = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(
          JSON.stringify({ body: Buffer.concat(chunks).toString(), type: request.headers['content-type'] }),
        ),
    );
  });
  const answer = await fetchFunction(LOCAL)(url, {
    method: 'POST',
    headers: {},
    body: new URLSearchParams({ grant_type: 'x y' }),
  });
  expect(await answer.json()).toEqual({
    body: 'grant_type=x+y',
    type: 'application/x-www-form-urlencoded;charset=UTF-8',
  });
});

describe('the fetch function that libraries are given', () => {
  const echo = async (): Promise<string> => {
    const { url } = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () =>
        response.end(`${request.headers['content-type'] ?? 'none'} ${Buffer.concat(chunks).toString()}`),
      );
    });
    return url;
  };

  test.each([
    ['a text', 'a=b', 'none a=b'],
    ['bytes', new TextEncoder().encode('a=b'), 'none a=b'],
    ['an ArrayBuffer', new Uint8Array([97]).buffer, 'none a'],
    ['a form', new URLSearchParams({ a: 'b' }), 'application/x-www-form-urlencoded;charset=UTF-8 a=b'],
    ['nothing', null, 'none '],
  ])('sends %s', async (_what, body, received) => {
    const answer = await fetchFunction(LOCAL)(await echo(), { method: 'POST', headers: {}, body });
    await expect(answer.text()).resolves.toBe(received);
  });

  test('refuses a stream, whose end nobody knows', async () => {
    const body = new ReadableStream();
    await expect(fetchFunction(LOCAL)(await echo(), { method: 'POST', headers: {}, body })).rejects.toThrow(
      'a stream cannot be sent',
    );
  });
});

test('a name without an address is unreachable', async () => {
  await expect(
    failure(safeFetch({ url: 'http://idp.example/' }, { ...STRICT, resolve: resolvesTo() })),
  ).resolves.toMatchObject({ kind: 'unreachable', maybeSent: false });
});

test('a resolver that fails is an unreachable name', async () => {
  const resolve: SafeFetchOptions['resolve'] = (_hostname, done) =>
    done(Object.assign(new Error('SERVFAIL'), { code: 'ESERVFAIL' }), []);
  await expect(
    failure(safeFetch({ url: 'http://idp.example/' }, { ...STRICT, resolve })),
  ).resolves.toMatchObject({ kind: 'unreachable', maybeSent: false });
});
