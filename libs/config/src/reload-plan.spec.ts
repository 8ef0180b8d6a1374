import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { load, SECRETS, type Changes } from './configuration.fixture.js';
import { reloadPlan, type LoadedFacts } from './reload-plan.js';

function loaded(changes: Changes = {}, secrets: Readonly<Record<string, string>> = SECRETS): LoadedFacts {
  const one = load(changes, 'all', secrets);
  if (!one.ok) throw new Error(JSON.stringify(one.problems));
  return one;
}

const planOf = (changes: Changes) => reloadPlan(loaded(), loaded(changes));
const taken = (...changed: readonly string[]) => ({ needsRestart: [], changed });
const THIRD = {
  name: 'third',
  type: 'oidc',
  oidcConfig: {
    issuerUrl: 'https://third.example',
    clientId: 'gatehouse',
    clientSecret: { env: 'ACME_CLIENT_SECRET' },
  },
};
const POLICIES = { type: 'cedar', policies: ['permit(principal, action, resource);'] };
const BRIDGE = { bridge: { secret: { env: 'BRIDGE_SECRET' } } };
const LIMIT = { name: 'all', per: ['user'], maxTokens: 5, refillPeriod: '1m' };

test('the same file, and a default that is written out, change nothing', () => {
  expect(planOf({})).toEqual(taken());
  expect(planOf({ shutdownTimeout: '25s', 'backends.0.transport': 'streamable-http' })).toEqual(taken());
});

test.each<[string, Changes]>([
  ['backends', { 'backends.4': { name: 'new', url: 'https://new.acme.example/mcp' } }],
  ['backends', { 'backends.0.url': 'https://elsewhere.acme.example/mcp' }],
  ['outgoingAuth', { 'outgoingAuth.backends.reports': { type: 'unauthenticated' } }],
  ['aggregation', { 'aggregation.excludeAllTools': true }],
  ['views', { views: [{ name: 'some', backends: ['repos'] }] }],
  ['rateLimiting', { rateLimiting: { limits: [LIMIT] } }],
  ['operational', { 'operational.timeouts.default': '11s' }],
  ['authServer.signingKeys', { 'authServer.signingKeys': [{ env: 'SIGNING_KEY' }, { env: 'SIGNING_KEY' }] }],
  ['incomingAuth.authz', { incomingAuth: { type: 'oidc', authz: POLICIES } }],
])('%s is exchanged', (field, change) => {
  expect(planOf(change)).toEqual(taken(field));
});

test.each<[string, Changes]>([
  ['name', { name: 'other' }],
  ['listen.proxy.port', { 'listen.proxy.port': 1 }],
  ['limits.requestSize', { 'limits.requestSize': '1MiB' }],
  ['nats.servers', { 'nats.servers': ['nats://other:4222'] }],
  ['incomingAuth', { incomingAuth: { type: 'oidc', oidc: { scopes: ['openid', 'email'] } } }],
  ['telemetry.audit.enabled', { 'telemetry.audit.enabled': true }],
])('%s needs a restart, by name', (field, change) => {
  expect(planOf(change).needsRestart).toEqual([field]);
});

test('a provider is added; one that is there stays as it is', () => {
  expect(planOf({ 'authServer.upstreamProviders.2': THIRD })).toEqual(taken('authServer.upstreamProviders'));
  expect(planOf({ 'authServer.upstreamProviders.0.oidcConfig.clientId': 'another' }).needsRestart).toEqual([
    'authServer.upstreamProviders.acme-sso',
  ]);
  const three = loaded({ 'authServer.upstreamProviders.2': THIRD });
  expect(reloadPlan(three, loaded()).needsRestart).toEqual(['authServer.upstreamProviders.third']);
});

test('who is first says who a person is: another first provider needs a restart', () => {
  const { authServer } = loaded().written;
  const providers = [THIRD, ...(authServer?.upstreamProviders ?? [])];
  const first = loaded({ 'authServer.upstreamProviders': providers });
  expect(reloadPlan(loaded(), first).needsRestart).toEqual(['authServer.primaryUpstreamProvider']);
  const named = { 'authServer.primaryUpstreamProvider': 'acme-sso' };
  // A provider is known by its name, and its secret with it.
  expect(reloadPlan(loaded(named), loaded({ ...named, 'authServer.upstreamProviders': providers }))).toEqual(
    taken('authServer.upstreamProviders'),
  );
});

test('another value behind the same reference is seen: a key needs a restart, a header is taken', () => {
  const other = (name: keyof typeof SECRETS, value: string) =>
    reloadPlan(loaded(), loaded({}, { ...SECRETS, [name]: value }));
  expect(other('VAULT_KEK', '0123456789abcdef'.repeat(4)).needsRestart).toEqual([
    'vault.keyEncryptionKeys[0]',
  ]);
  expect(other('OCTO_CLIENT_SECRET', 'another').needsRestart).toEqual([
    'authServer.upstreamProviders.octo.oauth2Config.clientSecret',
  ]);
  expect(other('API_KEY', 'another')).toEqual(taken('outgoingAuth'));
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(other('SIGNING_KEY', pem)).toEqual(taken('authServer.signingKeys'));
});

test('programs are run by the bridge, which takes up the file itself: they are backends like others', () => {
  expect(reloadPlan(program(['a']), program(['b']))).toEqual(taken('backends'));
  expect(reloadPlan(program(['a']), loaded(BRIDGE))).toEqual(taken('backends'));
  expect(reloadPlan(program(['a']), program(['a']))).toEqual(taken());
});

test('the first program needs a restart, by name: there may be no bridge yet', () => {
  expect(reloadPlan(loaded(BRIDGE), program(['a'])).needsRestart).toEqual(['backends.files']);
});

const program = (args: readonly string[]) =>
  loaded({ 'backends.4': { name: 'files', command: ['files-server', ...args] }, ...BRIDGE });
