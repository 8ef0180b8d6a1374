import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { asAdmin, DoctorWorld, type Plant } from './doctor-world.fixture.js';
import { backendOAuthPlants } from './backend-oauth-plants.fixture.js';
import { looked } from './finding.js';
import { as, ERA_PLANTS, issuerPlants, NAME_PLANTS, row, SCHEMA_PLANTS, type Row } from './plants.fixture.js';
import { providerPlants } from './provider-plants.fixture.js';
import { FORWARDED_PLANTS, recordedPlants } from './recorded-plants.fixture.js';
import { registrationPlants } from './registration-plants.fixture.js';
import { closeTlsPlants, TLS_PLANTS } from './tls-plants.fixture.js';

let world: DoctorWorld;
let nobody = 0;
let silentBus: TestNats | undefined;

beforeAll(async () => {
  world = await DoctorWorld.start();
  nobody = await freePort();
});
beforeEach(() => world.heal());
afterAll(async () => {
  closeTlsPlants();
  await silentBus?.close();
  await world.close();
});

const SSO = 'authServer.upstreamProviders.0.oidcConfig';
const at = (field: string, value: unknown): Plant => ({ changes: { [field]: value } });
const publishedAt = (url: string): Plant => ({
  changes: { publicUrl: url, 'authServer.issuer': `${url}/auth` },
});
const atNobody = (path = ''): string => `http://localhost:${nobody}${path}`;

const FAULTS: readonly Row[] = [
  row('a provider that is switched off', 'provider-not-listening', {
    plant: () => at(`${SSO}.issuerUrl`, atNobody()),
  }),
  row('a provider whose name does not resolve', 'provider-name-unknown', {
    plant: () => at(`${SSO}.issuerUrl`, 'https://sso.acme.invalid'),
  }),
  row('a provider without a discovery document', 'provider-metadata-missing', {
    provider: { metadataStatus: 404 },
  }),
  row('a provider of another issuer', 'provider-issuer', {
    provider: { metadata: { issuer: 'https://sso.acme.example/' } },
  }),
  row('a provider whose clock is five minutes ahead', 'provider-clock', { provider: { skewMs: 300_000 } }),
  row('a provider that announces no offline_access', 'provider-no-refresh-token', {
    provider: { metadata: { scopes_supported: ['openid'] } },
  }),
  row('a provider that renews nothing', 'provider-no-refresh-token', {
    provider: { refreshError: 'unsupported_grant_type' },
  }),
  row('a provider with plain PKCE only', 'provider-no-pkce', {
    provider: { metadata: { code_challenge_methods_supported: ['plain'] } },
  }),
  row('a provider that takes the secret in no such way', 'provider-auth-method', {
    plant: () => at(`${SSO}.tokenEndpointAuthMethod`, 'client_secret_post'),
    provider: { metadata: { token_endpoint_auth_methods_supported: ['client_secret_basic'] } },
  }),
  row('a prompt that the provider does not know', 'provider-prompt', {
    plant: () => at(`${SSO}.reconnectPrompt`, 'select_account'),
    provider: { metadata: { prompt_values_supported: ['login'] } },
  }),
  row('a provider without keys', 'provider-keys-missing', { provider: { keys: [] } }),
  row('a redirect URI that is not registered', 'provider-redirect-uri', {
    provider: { registered: 'https://other.example' },
  }),
  row('a client id that the provider does not know', 'provider-client-unknown', {
    provider: { clientId: 'somebody' },
  }),
  row('a client secret that was changed there', 'provider-client-refused', {
    provider: { secret: 'another' },
  }),
  row('a scope that is not allowed', 'provider-scope-refused', { provider: { scopeError: true } }),
  row('a token endpoint that is not there', 'provider-token-endpoint-missing', {
    provider: { tokenStatus: 404 },
  }),
  row('a user information endpoint that is not there', 'provider-user-info-missing', {
    provider: { userInfoStatus: 404 },
  }),
  ...TLS_PLANTS,
  row('a prompt that the provider announces, and refuses', 'provider-prompt', {
    plant: () => at(`${SSO}.reconnectPrompt`, 'select_account'),
    provider: { refusedPrompts: ['select_account'] },
  }),
  row('a provider that refuses PKCE', 'provider-pkce-refused', { provider: { refusesPkce: true } }),
  ...providerPlants(() => world.provider.origin),
  ...registrationPlants(() => world.provider.origin),
  ...backendOAuthPlants({ server: () => world.server.origin, nobody: () => atNobody() }),
  row('a resource that the provider does not know', 'provider-resource-refused', {
    plant: () => at(`${SSO}.additionalAuthorizationParams`, { resource: 'https://nobody.example' }),
    provider: { refusesResource: true },
  }),
  ...issuerPlants({ origin: () => world.provider.origin, nobody: () => atNobody() }),
  row('a backend that is switched off', 'backend-not-listening', {
    plant: () => at('backends.0.url', atNobody('/mcp')),
  }),
  row('a backend that is no MCP server', 'backend-not-mcp', { backend: { mcpStatus: 404 } }),
  row('a backend that fails', 'backend-failing', { backend: { mcpStatus: 502 } }),
  row('a backend that has moved', 'backend-redirects', { backend: { mcpStatus: 308 } }),
  row('a backend that wants a credential', 'backend-needs-credential', { backend: { mcpStatus: 401 } }),
  row('an API key that is no longer valid', 'backend-credential-refused', {
    backend: { apiKey: 'the-new-one' },
  }),
  row('tools with blanks in their names', 'backend-tool-name', {
    backend: { tools: [{ name: 'search all', inputSchema: { type: 'object' } }] },
  }),
  row('tools with long names', 'backend-tool-name-long', {
    backend: { tools: [{ name: 's'.repeat(65), inputSchema: { type: 'object' } }] },
  }),
  row('tools without a schema', 'backend-tool-schema', { backend: { tools: [{ name: 'search' }] } }),
  ...SCHEMA_PLANTS,
  ...NAME_PLANTS,
  ...ERA_PLANTS,
  ...recordedPlants(() => world.backend.origin),
  ...FORWARDED_PLANTS,
  row('two tools of one name', 'backend-tool-twice', {
    backend: { tools: [1, 2].map(() => ({ name: 'search', inputSchema: { type: 'object' } })) },
  }),
  row('a backend that names another resource', 'backend-resource', {
    backend: { resource: 'https://repos.acme.example/mcp' },
  }),
  row('a backend that takes tokens of somebody else', 'backend-authorization-server', {
    plant: () => at('outgoingAuth.backends.repos.upstreamInject.providerName', 'sso'),
  }),
  row('a bus that is switched off', 'nats-unreachable', {
    plant: () => at('nats.servers', [`nats://127.0.0.1:${nobody}`]),
  }),
  row('a password of the bus that was changed', 'nats-refused', {
    plant: () => as('token-vault', { NATS_CREDENTIALS: 'token-vault:another' }),
  }),
  row('the bus credentials of another service', 'nats-permissions', {
    plant: () => as('token-vault', { NATS_CREDENTIALS: world.credentialsOf('vmcp-proxy') }),
  }),
  row('a bus without JetStream', 'nats-jetstream', {
    plant: async () => {
      silentBus = await startTestNats('acme', { withoutJetStream: true });
      const { user, password } = silentBus.optionsOf('token-vault');
      return {
        ...at('nats.servers', silentBus.urls),
        ...as('token-vault', { NATS_CREDENTIALS: `${user}:${password.reveal()}` }),
      };
    },
  }),
  row('a database password that was changed', 'database-unreachable', {
    plant: () =>
      as('token-vault', { VAULT_URL: world.secrets['VAULT_URL']?.replace(':test@', ':other@') ?? '' }),
  }),
  row('a role that may do everything', 'database-too-strong', {
    plant: () => as('token-vault', { VAULT_URL: world.vaultDatabase.adminUrl.reveal() }),
  }),
  row('a database that was not migrated', 'database-migrations', {
    plant: async () => {
      const empty = await startTestDatabase('token-vault', { before: '0' });
      return as('token-vault', { VAULT_URL: empty.url.reveal() });
    },
  }),
  row('a database of a later release', 'database-newer', {
    plant: async () => {
      const later = await startTestDatabase('token-vault');
      await asAdmin(
        later.adminUrl.reveal(),
        `insert into token_vault._prisma_migrations (id, checksum, migration_name) values ('x', 'x', '99990101_later')`,
      );
      return as('token-vault', { VAULT_URL: later.url.reveal() });
    },
  }),
  row('a migration that was edited afterwards', 'database-edited', {
    plant: async () => {
      const edited = await startTestDatabase('token-vault');
      await asAdmin(
        edited.adminUrl.reveal(),
        `update token_vault._prisma_migrations set checksum = 'another' where migration_name =
           (select min(migration_name) from token_vault._prisma_migrations)`,
      );
      return as('token-vault', { VAULT_URL: edited.url.reveal() });
    },
  }),
  row('one role for both services', 'database-role-shared', {
    plant: () => as('token-vault', { VAULT_URL: world.secrets['AS_URL'] ?? '' }),
  }),
  row('a role that sees the other service’s schema', 'database-other-schema', {
    plant: async () => {
      const wide = await startTestDatabase('token-vault');
      await asAdmin(
        wide.adminUrl.reveal(),
        'create schema authorization_server; grant usage on schema authorization_server to token_vault',
      );
      return as('token-vault', { VAULT_URL: wide.url.reveal() });
    },
  }),
  row('a request key of one service alone', 'request-keys-differ', {
    plant: () =>
      as('token-vault', {
        VAULT_REQUEST_KEY: Buffer.from('another-request-key-of-32-bytes!').toString('base64'),
      }),
  }),
  row('one sealing key for both services', 'keys-shared', {
    plant: () => as('token-vault', { VAULT_KEK: world.secrets['AS_KEK'] ?? '' }),
  }),
  row('a secret that is not there', 'secret-missing', {
    plant: () => as('token-vault', { CLIENT_SECRET: '' }),
  }),
  row('a key that is none', 'secret-wrong', { plant: () => as('token-vault', { VAULT_KEK: 'too-short' }) }),
  row('a configuration that no service takes', 'configuration', {
    plant: () => at('backends.0.timeout', '0s'),
  }),
  row('a gateway that nobody reaches', 'public-url-not-listening', {
    plant: () => at('publicUrl', atNobody()),
  }),
  row('a page in the place of the gateway', 'public-url-not-gateway', { front: { metadataStatus: 404 } }),
  row('a proxy in front with another Host', 'public-url-host', { front: { metadataStatus: 421 } }),
  row('a gateway with another configuration', 'public-url-other-gateway', {
    front: { resource: 'https://old.example/mcp' },
  }),
  row('an MCP endpoint that asks for nothing', 'public-url-no-challenge', { front: { mcpStatus: 200 } }),
  row('a proxy in front that drops the challenge', 'public-url-challenge-lost', {
    front: { challenge: false },
  }),
  row('a public host whose clock is behind', 'public-url-clock', { front: { skewMs: -120_000 } }),
  row('a proxy in front whose word about callers is not believed', 'trusted-proxies-missing', {
    plant: () => publishedAt('https://gateway.acme.invalid'),
  }),
  row('something else at the issuer', 'issuer-not-authorization-server', { front: { issuer: '' } }),
  row('another issuer at the issuer', 'issuer-other', { front: { issuer: 'https://old.example' } }),
  row('no way to the metadata documents of clients', 'metadata-documents-not-listening', {
    plant: () =>
      at('authServer.clientRegistration.metadataDocuments', {
        allowedHosts: [`localhost:${nobody}`],
        allowPrivateIps: true,
      }),
  }),
];

test.each(FAULTS)(
  '$fault is found as $name, with cause, evidence and fix',
  async ({ name, about = expect.any(String), plant, ...faults }) => {
    const planted = await plant?.();
    world.provider.faults = faults.provider ?? {};
    world.server.faults = faults.server ?? {};
    world.backend.faults = faults.backend ?? {};
    world.front.faults = faults.front ?? {};
    const { findings } = await world.diagnose(planted);
    expect(findings).toContainEqual(expect.objectContaining({ name, about }));
    for (const finding of findings)
      for (const said of [finding.about, finding.cause, finding.evidence, finding.fix])
        expect(said).not.toBe('');
    const everything = JSON.stringify(findings);
    for (const secret of [...Object.values(world.secrets), world.credentialsOf('token-vault'), ':test@'])
      expect(everything).not.toContain(secret);
  },
);

test('missing streams and buckets are found, and gone after `migrate`', async () => {
  await world.nats.wipe();
  const names = (await world.diagnose()).findings.map(({ name }) => name);
  expect(new Set(names)).toEqual(new Set(['nats-streams']));
  await world.nats.provision();
  expect((await world.diagnose()).findings).toEqual([]);
});

test('a check that never ends, and one that throws, are findings of their own', async () => {
  const { findings } = await looked(
    [
      { about: 'silence', run: () => new Promise(() => undefined) },
      { about: 'trouble', run: () => Promise.reject(new Error('no')) },
    ],
    50,
  );
  expect(findings.map(({ name, about }) => [name, about])).toEqual([
    ['check-not-finished', 'silence'],
    ['check-failed', 'trouble'],
  ]);
});

test('the page of the doctor has every name', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../../docs/doctor.md'), 'utf8');
  expect(FAULTS.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test('at least thirty faults are planted', () => {
  process.stdout.write(
    `${FAULTS.length + 1} planted faults, ${new Set(FAULTS.map(({ name }) => name)).size + 1} names\n`,
  );
  expect(FAULTS.length).toBeGreaterThanOrEqual(100);
});
