import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { load, modelOf, SECRETS } from './configuration.fixture.js';
import { explain } from './explain.js';
import type { GatehouseModel } from './model/gatehouse-model.js';
import { authorizationServerPart, tokenVaultPart, vmcpProxyPart } from './parts.js';

/** Made with openssl, for tests alone; its key is gone. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUTyf7Wmtjc5JYIIXk/kgpfb76+CcwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKY2EuZXhhbXBsZTAgFw0yNjExMjYwNTM0NDZaGA8yMTI2MTEw
MjA1MzQ0NlowFTETMBEGA1UEAwwKY2EuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABIVetgNoG0lwimK1XZVj3jZa+QiZ2FhyyY1Mr3ZV4nLohuq/6VZg
5C3pm1qiSb9pwb8z2DWy5B/g03BOyLo6YLijUzBRMB0GA1UdDgQWBBRWZoP5Ws/Z
eOn3YQ3NeGaM3uDizTAfBgNVHSMEGDAWgBRWZoP5Ws/ZeOn3YQ3NeGaM3uDizTAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDfTxZVLlym9cnLv+sT
IWt9rku9dUsb4gXUKp6FmCGn4AIgJwQJ398hqzKvIx2MxNMFtxCociXmo9ZFX9ay
DOf/bag=
-----END CERTIFICATE-----`;

const withEnvironment = (
  environment: Readonly<Record<string, string>>,
  changes: Parameters<typeof load>[0] = {},
): GatehouseModel => {
  const loaded = load(changes, 'all', { ...SECRETS, ...environment });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.model;
};

const problemOf = (
  environment: Readonly<Record<string, string>>,
  changes: Parameters<typeof load>[0] = {},
) => {
  const loaded = load(changes, 'all', { ...SECRETS, ...environment });
  return loaded.ok ? undefined : loaded.problems[0];
};

describe('without a word about it', () => {
  test('requests leave directly', () => {
    expect(modelOf().wayOut).toEqual({
      noProxy: ['localhost', '127.0.0.1', '::1'],
      refusesPrivateAddresses: false,
    });
  });
});

describe('the environment', () => {
  test('names a proxy for https and one for http, and what goes past them', () => {
    const { wayOut } = withEnvironment({
      HTTPS_PROXY: 'http://secure.example:3128/',
      HTTP_PROXY: 'plain.example:3128',
      NO_PROXY: 'localhost,.internal.example 10.0.0.0/8',
    });
    expect(wayOut).toEqual({
      httpsProxy: { url: 'http://secure.example:3128' },
      httpProxy: { url: 'http://plain.example:3128' },
      noProxy: ['localhost', '.internal.example', '10.0.0.0/8'],
      refusesPrivateAddresses: false,
    });
  });

  test('is read in small letters first, as curl reads it', () => {
    const { wayOut } = withEnvironment({
      https_proxy: 'http://small.example:1',
      HTTPS_PROXY: 'http://capital.example:2',
      no_proxy: 'a.example',
      NO_PROXY: 'b.example',
    });
    expect([wayOut.httpsProxy?.url, wayOut.noProxy]).toEqual(['http://small.example:1', ['a.example']]);
  });

  test('says nothing where the configuration says something, but for what is not said there', () => {
    const { wayOut } = withEnvironment(
      { HTTPS_PROXY: 'http://other.example:1', HTTP_PROXY: 'http://other.example:2', NO_PROXY: 'a.example' },
      { 'egress.proxy.url': 'https://proxy.example:3128' },
    );
    expect(wayOut).toMatchObject({
      httpsProxy: { url: 'https://proxy.example:3128' },
      httpProxy: { url: 'https://proxy.example:3128' },
      noProxy: ['a.example'],
    });
  });

  test.each(['socks5://proxy.example:1080', 'http://', 'http://a b', 'http://u:%zz@proxy.example'])(
    'with %p, which cannot be used, keeps a service from starting, and the value is not repeated',
    (value) => {
      const problem = problemOf({ HTTPS_PROXY: value });
      expect(problem).toMatchObject({ path: 'egress.proxy' });
      expect(problem?.message).toContain('HTTPS_PROXY');
      expect(JSON.stringify(problem)).not.toContain(value);
    },
  );

  test('is not read by a check without secrets', () => {
    expect(load({}, 'none', { HTTPS_PROXY: 'socks5://proxy.example' }).ok).toBe(true);
  });
});

describe('the credentials of a proxy', () => {
  const PASSWORD = 'hunter:2 wörd';
  const inVariable = () =>
    withEnvironment({ HTTPS_PROXY: `http://gatehouse:${encodeURIComponent(PASSWORD)}@proxy.example:3128` });
  const byReference = () =>
    withEnvironment(
      { PROXY_CREDENTIALS: `gatehouse:${PASSWORD}` },
      { 'egress.proxy': { url: 'http://proxy.example:3128', credentials: { env: 'PROXY_CREDENTIALS' } } },
    );

  test.each([
    ['in a variable', inVariable],
    ['by reference', byReference],
  ])('%s are for every service, and are never printed', (_where, modelWith) => {
    const model = modelWith();
    const parts = [authorizationServerPart(model), tokenVaultPart(model), vmcpProxyPart(model)] as const;
    const [authorizationServer, vault, proxy] = parts;
    const ways = [
      authorizationServer.wayOut,
      vault.upstreamProviders[0]?.wayOut,
      [...vault.backendCredentials.values()].find(({ type }) => type === 'tokenExchange'),
      proxy.backends[0]?.wayOut,
      proxy.incomingAuth.type === 'oidc' ? proxy.incomingAuth.oidc.wayOut : undefined,
    ].map((way) => (way !== undefined && 'type' in way ? 'wayOut' in way && way.wayOut : way));
    for (const way of ways)
      expect(way === false ? '' : way?.httpsProxy?.credentials?.reveal()).toBe(`gatehouse:${PASSWORD}`);
    const printed = [model, ...parts, explain(model)]
      .flatMap((value) => [inspect(value, { depth: null, showHidden: true }), JSON.stringify(value)])
      .join('\n');
    expect(printed).not.toMatch(/hunter/);
    expect(printed).toContain('http://proxy.example:3128');
  });

  test.each(['no-colon', ':no-user', 'two\nlines:x'])('%p are none', (value) => {
    const problem = problemOf(
      { PROXY_CREDENTIALS: value },
      { 'egress.proxy': { url: 'http://proxy.example:3128', credentials: { env: 'PROXY_CREDENTIALS' } } },
    );
    expect(problem?.path).toBe('egress.proxy.credentials');
    expect(problem?.message).not.toContain(value);
  });
});

describe('certificates of a private authority', () => {
  const CHANGES = {
    'backends.0.caBundle': { env: 'BACKEND_CA' },
    'authServer.upstreamProviders.0.caBundle': { env: 'PROVIDER_CA' },
    'outgoingAuth.backends.tickets.tokenExchange.caBundle': { env: 'EXCHANGE_CA' },
  };
  const ALL = { BACKEND_CA: CERTIFICATE, PROVIDER_CA: CERTIFICATE, EXCHANGE_CA: CERTIFICATE };

  test('are for the party beside whose URL they stand, in the service that speaks to it', () => {
    const model = withEnvironment(ALL, CHANGES);
    const { backends } = vmcpProxyPart(model);
    const { upstreamProviders, backendCredentials } = tokenVaultPart(model);
    expect(backends.map(({ caBundle }) => caBundle?.reveal() === CERTIFICATE)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(upstreamProviders.map(({ caBundle }) => caBundle?.reveal() === CERTIFICATE)).toEqual([
      true,
      false,
    ]);
    expect(backendCredentials.get('tickets')).toHaveProperty('caBundle');
    expect(backendCredentials.get('repos')).not.toHaveProperty('caBundle');
  });

  test('are read by that service alone', () => {
    expect(load(CHANGES, 'vmcp-proxy', { ...SECRETS, BACKEND_CA: CERTIFICATE }).ok).toBe(true);
    const vault = load(CHANGES, 'token-vault', {
      ...SECRETS,
      PROVIDER_CA: CERTIFICATE,
      EXCHANGE_CA: CERTIFICATE,
    });
    expect(vault.ok).toBe(true);
    expect(load(CHANGES, 'authorization-server', SECRETS).ok).toBe(true);
  });

  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  test.each([
    ['text', /no certificate/],
    [CERTIFICATE.replace(/M/, '!'), /cannot be read|no certificate/],
    [CERTIFICATE + key, /private key/],
  ])('%#: what is none is refused', (value, message) => {
    const problem = problemOf({ ...ALL, BACKEND_CA: value }, CHANGES);
    expect(problem?.path).toBe('backends[0].caBundle');
    expect(problem?.message).toMatch(message);
  });

  test('may be several, with words between them', () => {
    const model = withEnvironment(
      { ...ALL, BACKEND_CA: `# one\n${CERTIFICATE}\n# two\n${CERTIFICATE}` },
      CHANGES,
    );
    expect(vmcpProxyPart(model).backends[0]?.caBundle?.reveal()).toBe(`${CERTIFICATE}\n${CERTIFICATE}`);
  });
});

test('certificates for a collector over http are refused: nothing would be verified by them', () => {
  const collector = (endpoint: string) => ({
    'telemetry.otlp': { endpoint, caBundle: { env: 'COLLECTOR_CA' } },
  });
  const environment = { COLLECTOR_CA: CERTIFICATE };
  expect(problemOf(environment, collector('http://localhost:4318'))).toMatchObject({
    path: 'telemetry.otlp.caBundle',
    message: 'Nothing is verified: the endpoint is http.',
  });
  expect(problemOf(environment, collector('https://collector.example'))).toBeUndefined();
});
