import { X509Certificate } from 'node:crypto';
import { CertificateAuthority, passedOn } from '@gatehouse/testing/certificate-authority';
import { certifiedFetch } from '@gatehouse/testing/certified-fetch';
import { CertifyingProxy, PROXY_ADDRESS } from '@gatehouse/testing/certifying-proxy';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { selfSignedCertificate, type TestCertificate } from '@gatehouse/testing/self-signed';
import { certificateThumbprint } from '@gatehouse/service-process/client-certificates';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { newKey, proofFor } from './proofs.fixture.js';

/** Tokens that are bound to a certificate (RFC 8705, section 3), behind a reverse proxy that ends TLS. */

const SERVER = selfSignedCertificate('localhost', '127.0.0.1');
const authority = CertificateAuthority.make('Clients');
const alices = authority.issue({ commonName: 'alice' });
const bobs = authority.issue({ commonName: 'bob' });
const thumbprintOf = ({ cert }: TestCertificate): string => certificateThumbprint(new X509Certificate(cert));
const cnf = (certificate: TestCertificate) => ({ 'x5t#S256': thumbprintOf(certificate) });

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
let other: Awaited<ReturnType<TestProxy['startReplica']>>;
/** In front of each replica, and one that passes on what a caller says. */
let fronts: readonly CertifyingProxy[];
let careless: CertifyingProxy;
let alice: string;
let bob: string;

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'sessions' });
  proxy = await startProxy({
    nats,
    backends: [{ name: 'one', url: backend.url }],
    mtls: { header: 'client-cert', encoding: 'rfc9440' },
    trustedProxies: [PROXY_ADDRESS],
  });
  other = await proxy.startReplica();
  const before = async (mcpUrl: string, forgetsToStrip = false): Promise<CertifyingProxy> =>
    await CertifyingProxy.start({ certificate: SERVER, port: Number(new URL(mcpUrl).port), forgetsToStrip });
  fronts = [await before(proxy.mcpUrl), await before(other.mcpUrl)];
  careless = await before(proxy.mcpUrl, true);
  alice = await proxy.token({ cnf: cnf(alices) });
  bob = await proxy.token({ cnf: cnf(bobs) });
});
afterAll(async () => {
  for (const front of [...fronts, careless]) await front.close();
  await other.close();
  await proxy.close();
  await backend.close();
  await nats.close();
});

interface Asked {
  readonly certificate?: TestCertificate | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly at?: CertifyingProxy | undefined;
  readonly method?: string;
  readonly message?: object;
}

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'spec', version: '1' } },
};

async function ask(
  token: string,
  { certificate, headers = {}, at = fronts[0], method = 'POST', message = INITIALIZE }: Asked = {},
): Promise<Response> {
  const response = await certifiedFetch(certificate, SERVER)(`${at?.origin ?? ''}/mcp`, {
    method,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      ...headers,
    },
    ...(method === 'POST' ? { body: JSON.stringify(message) } : {}),
  });
  if (response.status !== 200) await response.text();
  return response;
}
const statusOf = async (token: string, asked: Asked = {}): Promise<number> =>
  (await ask(token, asked)).status;

test('two people get through with their certificates, at each replica, and the metadata says that it can be', async () => {
  for (const at of fronts) {
    expect(await statusOf(alice, { certificate: alices, at })).toBe(200);
    expect(await statusOf(bob, { certificate: bobs, at })).toBe(200);
  }
  const metadata = await (await fetch(`${proxy.origin}/.well-known/oauth-protected-resource/mcp`)).json();
  expect(metadata).toMatchObject({ tls_client_certificate_bound_access_tokens: true });
});

test('a token that is bound to nothing needs no certificate, whichever comes with it', async () => {
  const plain = await proxy.token();
  expect(await statusOf(plain)).toBe(200);
  expect(await statusOf(plain, { certificate: bobs })).toBe(200);
});

describe('attack: a stolen token that is bound to a certificate', () => {
  test('without it: 401, and the challenge says why', async () => {
    for (const at of fronts) {
      const refused = await ask(alice, { at });
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/^Bearer error="invalid_token", error_description="[^"]*client certificate/),
      ]);
    }
  });

  test('with another person’s certificate, at each replica, also of one authority', async () => {
    for (const at of fronts) {
      expect(await statusOf(alice, { certificate: bobs, at })).toBe(401);
      expect(await statusOf(bob, { certificate: alices, at })).toBe(401);
    }
  });

  test('with a certificate that is made to look like it', async () => {
    const alike = CertificateAuthority.make('Clients').issue({ commonName: 'alice' });
    expect(await statusOf(alice, { certificate: alike })).toBe(401);
    expect(await statusOf(alice, { certificate: authority.issue({ commonName: 'alice' }) })).toBe(401);
  });

  test('with a certificate that has ended', async () => {
    const ended = authority.issue({ commonName: 'alice', endedMs: 60_000 });
    expect(await statusOf(await proxy.token({ cnf: cnf(ended) }), { certificate: ended })).toBe(401);
  });

  test('with the owner’s certificate as a header, through the proxy, which takes it away', async () => {
    const headers = { 'client-cert': passedOn(alices) };
    expect(await statusOf(alice, { headers })).toBe(401);
    expect(await statusOf(alice, { headers, certificate: bobs })).toBe(401);
  });

  test('with that header beside a certificate of the thief’s, through a proxy that passes both on', async () => {
    const headers = { 'client-cert': passedOn(alices) };
    expect(await statusOf(alice, { headers, certificate: bobs, at: careless })).toBe(401);
    expect(await statusOf(bob, { headers, certificate: bobs, at: careless })).toBe(401);
  });

  test.each([{}, { 'x-forwarded-for': PROXY_ADDRESS }, { forwarded: `for=${PROXY_ADDRESS}` }])(
    'with that header, past the proxy (%j)',
    async (more) => {
      for (const url of [proxy.mcpUrl, other.mcpUrl]) {
        const response = await fetch(url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${alice}`,
            'client-cert': passedOn(alices),
            ...more,
          },
          body: JSON.stringify(INITIALIZE),
        });
        expect(response.status).toBe(401);
      }
    },
  );

  test('as a DPoP token, with a proof of any key', async () => {
    const headers = { authorization: `DPoP ${alice}`, dpop: await proofFor(alice, await newKey()) };
    expect(await statusOf(alice, { headers, certificate: alices })).toBe(401);
  });

  test('in the middle of a session that began with its certificate: each request needs it', async () => {
    const begun = await ask(alice, { certificate: alices });
    await begun.text();
    const headers = {
      'mcp-session-id': begun.headers.get('mcp-session-id') ?? '',
      'mcp-protocol-version': '2025-11-25',
    };
    for (const at of fronts) {
      expect(await statusOf(alice, { headers, certificate: alices, at, message: LIST })).toBe(200);
      for (const certificate of [undefined, bobs]) {
        expect(await statusOf(alice, { headers, certificate, at, message: LIST })).toBe(401);
        // Listening, and ending it.
        for (const method of ['GET', 'DELETE'])
          expect(await statusOf(alice, { headers, certificate, at, method })).toBe(401);
      }
    }
    // With a token and a certificate of somebody else it is nobody's.
    expect(await statusOf(bob, { headers, certificate: bobs, message: LIST })).toBe(404);
    expect(await statusOf(alice, { headers, certificate: alices, message: LIST })).toBe(200);
  });
});

test('attack: where no header is named, a bound token is refused whatever comes with it', async () => {
  const plain = await startProxy({
    nats,
    backends: [{ name: 'one', url: backend.url }],
    trustedProxies: [PROXY_ADDRESS],
  });
  const front = await CertifyingProxy.start({
    certificate: SERVER,
    port: Number(new URL(plain.mcpUrl).port),
  });
  try {
    const token = await plain.token({ cnf: cnf(alices) });
    expect(await statusOf(token, { certificate: alices, at: front })).toBe(401);
  } finally {
    await front.close();
    await plain.close();
  }
});

test('no backend hears of a certificate', () => {
  expect(JSON.stringify(backend.received)).not.toContain('client-cert');
});
