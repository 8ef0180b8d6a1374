import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { certificateThumbprint } from '@gatehouse/service-process/client-certificates';
import { CertificateAuthority, passedOn } from '@gatehouse/testing/certificate-authority';
import { freePort } from '@gatehouse/testing/free-port';
import { selfSignedCertificate, type TestCertificate } from '@gatehouse/testing/self-signed';
import { decodeJwt } from 'jose';
import { AdministrationWorld } from '../testing/administration-world.js';
import { shareWorld } from '../testing/service-world.js';
import type { TestService } from '../testing/test-service.js';

/** The administrator's API with tokens that are bound to a certificate (RFC 8705, section 3). */

const own = selfSignedCertificate('own');
const others = CertificateAuthority.make('Clients').issue({ commonName: 'own' });

let api: AdministrationWorld;
let trusting: TestService;
let distrusting: TestService;

shareWorld(
  () => AdministrationWorld.start(),
  async (started) => {
    api = started;
    const { issuer, clientRegistration, scopesSupported, requestProtection } = api.service.config;
    const [operations, ...rest] = clientRegistration.clients;
    if (operations === undefined) throw new Error('no client');
    const behind = async (trustedProxies: readonly string[]) =>
      await api.world.startAnother({
        issuer,
        scopesSupported,
        trustedProxies,
        clientRegistration: {
          ...clientRegistration,
          clients: [{ ...operations, tlsClientCertificateBoundAccessTokens: true }, ...rest],
        },
        requestProtection: {
          ...requestProtection,
          mtls: { header: 'client-cert', encoding: 'rfc9440' },
        },
        administration: { host: '127.0.0.1', port: await freePort(), url: api.url },
      });
    // These tests are the reverse proxy.
    trusting = await behind(['127.0.0.0/8', '::1']);
    distrusting = await behind(['192.0.2.1']);
  },
);

const shown = (certificate: TestCertificate | undefined): Readonly<Record<string, string>> =>
  certificate === undefined ? {} : { 'client-cert': passedOn(certificate) };

async function boundToken(): Promise<string> {
  const secret = api.service.config.clientRegistration.clients[0]?.clientSecret?.reveal() ?? '';
  const response = await fetch(`${trusting.local}/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`operations:${secret}`).toString('base64')}`,
      ...shown(own),
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: api.url,
      scope: 'gatehouse:admin',
    }),
  });
  return String(((await response.json()) as { readonly access_token?: string }).access_token);
}

test('attack: a stolen token of an administrator is worth nothing without its certificate, nor with one that nobody vouches for', async () => {
  const token = await boundToken();
  expect(decodeJwt(token)['cnf']).toEqual({
    'x5t#S256': certificateThumbprint(new X509Certificate(own.cert)),
  });
  const status = async (certificate: TestCertificate | undefined, at = trusting): Promise<number> =>
    (
      await api.call('/accounts', {
        headers: { authorization: `Bearer ${token}`, ...shown(certificate) },
        at,
      })
    ).status;
  expect(await status(own)).toBe(200);
  expect([await status(undefined), await status(others)]).toEqual([401, 401]);
  expect(await status(own, distrusting)).toBe(401);
  // A replica that looks at no certificate.
  expect(await status(own, api.replica)).toBe(401);
});
