import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { certifiedFetch } from '@gatehouse/testing/certified-fetch';
import { CertificateAuthority, derBase64, passedOn } from '@gatehouse/testing/certificate-authority';
import {
  expiredCertificate,
  selfSignedCertificate,
  type TestCertificate,
} from '@gatehouse/testing/self-signed';
import { startTrustedSite } from '@gatehouse/testing/trusted-site';
import type { PublicJwk } from '@gatehouse/config/model/client-keys';
import * as oauth from 'oauth4webapi';
import { CertifiedWorld } from '../testing/certified-world.js';
import { postForm } from '../testing/proving-client.js';
import { shareWorld } from '../testing/service-world.js';
import { REDIRECT_URI } from '../testing/test-service.js';

/** Clients that authenticate with certificates (RFC 8705, section 2), through a proxy that ends TLS. */

/** RFC 8705, section 2.2.2. */
const jwkOf = ({ cert }: Pick<TestCertificate, 'cert'>): PublicJwk => {
  const { kty, crv, x, y } = new X509Certificate(cert).publicKey.export({ format: 'jwk' });
  return { kty, crv, x, y, x5c: [derBase64(cert)] } as PublicJwk;
};

const own = selfSignedCertificate('own');
const ended = expiredCertificate('ended');

let world: CertifiedWorld;
let desk: TestCertificate;
let office: TestCertificate;

const client = { clientName: 'Client', redirectUris: [REDIRECT_URI] };

shareWorld(
  async () =>
    await CertifiedWorld.start([
      { ...client, clientId: 'desk', tlsClientAuth: { sanDns: 'desk.acme.example' } },
      { ...client, clientId: 'office', tlsClientAuth: { subjectDn: 'CN=office,O=Acme' } },
      { ...client, clientId: 'own', selfSignedTlsClientAuth: true, jwks: [jwkOf(own)] },
      { ...client, clientId: 'ended', selfSignedTlsClientAuth: true, jwks: [jwkOf(ended)] },
      {
        ...client,
        clientId: 'machine',
        tlsClientAuth: { sanUri: 'spiffe://acme.example/machine' },
        tlsClientCertificateBoundAccessTokens: true,
        clientCredentials: { resources: ['http://localhost:9/mcp'], scopes: [] },
      },
    ]),
  (started) => {
    world = started;
    desk = world.authority.issue({ commonName: 'desk', dns: ['desk.acme.example'] });
    office = world.authority.issue({ commonName: 'office', organization: 'Acme' });
  },
);

test('a client that nobody here wrote gets a token of its own, bound to its certificate, at the aliases of the metadata', async () => {
  const machine = world.authority.issue({ commonName: 'machine', uri: 'spiffe://acme.example/machine' });
  const issuer = new URL(world.service.issuer);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
  const discovered = await oauth.discoveryRequest(issuer, { [oauth.allowInsecureRequests]: true });
  const server = await oauth.processDiscoveryResponse(issuer, discovered);
  expect(server).toMatchObject({
    tls_client_certificate_bound_access_tokens: true,
    mtls_endpoint_aliases: {
      token_endpoint: 'https://mtls.example/oauth/token',
      revocation_endpoint: 'https://mtls.example/oauth/revoke',
      pushed_authorization_request_endpoint: 'https://mtls.example/oauth/par',
      userinfo_endpoint: 'https://mtls.example/oauth/userinfo',
    },
  });
  expect(server.token_endpoint_auth_methods_supported).toEqual(
    expect.arrayContaining(['tls_client_auth', 'self_signed_tls_client_auth']),
  );
  const shows = certifiedFetch(machine, world.server);
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    { client_id: 'machine', use_mtls_endpoint_aliases: true },
    oauth.TlsClientAuth(),
    new URLSearchParams({ resource: world.service.config.resourceUrl }),
    {
      // The alias leads to the proxy.
      [oauth.customFetch]: async (url, init) =>
        await shows(url.replace('https://mtls.example', world.originOf(world.service)), init),
    },
  );
  const tokens = await oauth.processClientCredentialsResponse(server, { client_id: 'machine' }, response);
  expect(tokens.token_type).toBe('bearer');
});

test.each<[string, () => TestCertificate, string]>([
  ['a DNS name', () => desk, 'desk'],
  ['its subject', () => office, 'office'],
  ['a certificate of its own', () => own, 'own'],
])('a client is known by %s, at each replica', async (_by, certificate, clientId) => {
  for (const at of [world.service, world.replica])
    expect(await world.authenticates(clientId, certificate(), { at })).toBe(true);
});

test('a client registers with the keys that it has certificates of, and no more is kept of them', async () => {
  const mine = selfSignedCertificate('mine');
  const clientId = await world.service.register({
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    jwks: { keys: [{ ...jwkOf(mine), x5c: [derBase64(mine.cert), derBase64(own.cert)], use: 'sig' }] },
  });
  expect(await world.authenticates(clientId, mine, { at: world.replica })).toBe(true);
  expect(await world.authenticates(clientId, own)).toBe(false);
});

test('a client publishes its certificate, and is known by the next one once that is there', async () => {
  const next = selfSignedCertificate('next');
  const first = selfSignedCertificate('first');
  const site = await startTrustedSite((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: [jwkOf(first), jwkOf(next)] }));
  });
  try {
    const clientId = await world.service.register({
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks_uri: `${site.origin}/jwks.json`,
    });
    for (const certificate of [first, next])
      for (const at of [world.service, world.replica])
        expect(await world.authenticates(clientId, certificate, { at })).toBe(true);
    expect(await world.authenticates(clientId, own)).toBe(false);
  } finally {
    site.close();
  }
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['no subject', {}],
  ['two', { tls_client_auth_san_dns: 'a.example', tls_client_auth_san_ip: '192.0.2.1' }],
  ['a pattern', { tls_client_auth_san_dns: '*.a.example' }],
  ['what is no name', { tls_client_auth_subject_dn: 'x' }],
])('a registration for certificates with %s is refused', async (_what, members) => {
  expect(
    await world.service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: 'tls_client_auth',
      ...members,
    }),
  ).toMatchObject({ error: 'invalid_client_metadata' });
});

test.each<[string, unknown]>([
  ['without its certificate', { ...jwkOf(own), x5c: undefined }],
  ['with the certificate of another key', { ...jwkOf(own), x5c: jwkOf(ended).x5c }],
])('a registration with a key %s is refused', async (_what, jwk) => {
  expect(
    await world.service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [jwk] },
    }),
  ).toMatchObject({ error: 'invalid_client_metadata', error_description: expect.stringContaining('x5c') });
});

describe('attack: somebody says that they are a client', () => {
  test('without a certificate', async () => {
    for (const clientId of ['desk', 'office', 'own']) expect(await world.authenticates(clientId)).toBe(false);
  });

  test('with the certificate of another client of the same authority', async () => {
    expect(await world.authenticates('desk', office)).toBe(false);
    expect(await world.authenticates('office', desk)).toBe(false);
    expect(await world.authenticates('own', desk)).toBe(false);
    expect(await world.authenticates('desk', own)).toBe(false);
  });

  test('with a certificate of the same name, of an authority that nobody knows', async () => {
    const forged = CertificateAuthority.make('Clients of Acme');
    const certificate = forged.issue({ commonName: 'desk', dns: ['desk.acme.example'] });
    expect(await world.authenticates('desk', certificate)).toBe(false);
    expect(await world.authenticates('desk', selfSignedCertificate('desk.acme.example'))).toBe(false);
  });

  test('with a certificate that has ended, of an authority or its own', async () => {
    const over = world.authority.issue({ commonName: 'x', dns: ['desk.acme.example'], endedMs: 60_000 });
    expect(await world.authenticates('desk', over)).toBe(false);
    expect(await world.authenticates('ended', ended)).toBe(false);
  });

  test('with the certificate of a server that has the same name', async () => {
    const server = world.authority.issue({ commonName: 'x', dns: ['desk.acme.example'], usage: 'server' });
    expect(await world.authenticates('desk', server)).toBe(false);
  });

  test('by the header alone, through the proxy, which takes it away', async () => {
    expect(await world.authenticates('desk', undefined, { headers: { 'client-cert': passedOn(desk) } })).toBe(
      false,
    );
    expect(await world.authenticates('desk', office, { headers: { 'client-cert': passedOn(desk) } })).toBe(
      false,
    );
  });

  test.each([
    {},
    { 'x-forwarded-for': '127.0.0.5' },
    { forwarded: 'for=127.0.0.5', 'x-real-ip': '127.0.0.5' },
  ])('by the header, past the proxy, with %j', async (headers) => {
    const fields = { grant_type: 'refresh_token', refresh_token: 'made-up', client_id: 'desk' };
    const sent = { ...headers, 'client-cert': passedOn(desk) };
    expect(await postForm(world.service, '/oauth/token', fields, sent)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
  });

  test('with the right certificate, and the way of a client without any', async () => {
    const { status } = await world.post(
      '/oauth/token',
      {
        grant_type: 'refresh_token',
        refresh_token: 'made-up',
        client_id: 'desk',
        client_secret: 'made-up-secret',
      },
      desk,
    );
    expect(status).toBe(401);
  });
});

test('where no certificate is looked at, nothing of it is announced, and a client that asks for it is told', async () => {
  const plain = world.world.service;
  const document = (await (
    await fetch(`${plain.local}/.well-known/oauth-authorization-server`)
  ).json()) as Readonly<Record<string, unknown>>;
  expect(document).not.toHaveProperty('mtls_endpoint_aliases');
  expect(document).not.toHaveProperty('tls_client_certificate_bound_access_tokens');
  expect(document['token_endpoint_auth_methods_supported']).not.toContain('self_signed_tls_client_auth');
  const registration = { redirect_uris: [REDIRECT_URI], tls_client_certificate_bound_access_tokens: true };
  expect(await plain.post('/oauth/register', registration)).not.toHaveProperty(
    'tls_client_certificate_bound_access_tokens',
  );
  expect(
    await plain.post('/oauth/register', {
      ...registration,
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [jwkOf(own)] },
    }),
  ).toMatchObject({ error: 'invalid_client_metadata' });
});
