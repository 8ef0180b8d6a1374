import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { DoctorWorld, withExternalIssuer, type Plant } from './doctor-world.fixture.js';
import { ofBackend, registered } from './backend-oauth-plants.fixture.js';
import { ERAS_IN_ORDER, NAMES_IN_ORDER } from './plants.fixture.js';
import { connection, exchangedFor, exchangedToken, vaultWith } from './recorded-plants.fixture.js';
import type { Faults } from './stubs.fixture.js';

let world: DoctorWorld;
beforeAll(async () => {
  world = await DoctorWorld.start();
});
beforeEach(() => world.heal());
afterAll(() => world.close());

const REPOS = (): string => `${world.backend.origin}/repos/mcp`;

interface Healthy {
  readonly what: string;
  readonly plant?: () => Plant | Promise<Plant>;
  readonly backend?: Faults;
  readonly server?: Faults;
}

const HEALTHY: readonly Healthy[] = [
  { what: 'a healthy installation' },
  {
    what: 'one whose callers are another issuer’s',
    plant: () => withExternalIssuer(world.provider.origin),
  },
  {
    what: 'a provider that knows the prompt',
    plant: () => ({
      changes: { 'authServer.upstreamProviders.0.oidcConfig.reconnectPrompt': 'login' },
    }),
  },
  ...NAMES_IN_ORDER.map(([what, plant, backend]) => ({ what, plant: () => plant, backend })),
  {
    what: 'a provider that renews some connections and ends others',
    plant: async () => await vaultWith(connection('reauth_required', 'null'), connection('live', 'now()')),
  },
  {
    what: 'a connection that nobody needed since its token is over',
    plant: async () => await vaultWith(connection('live', 'null')),
  },
  ...ERAS_IN_ORDER.map(([what, backend]) => ({ what, backend })),
  {
    what: 'a provider that a backend names, and where this gateway can register',
    plant: () => ofBackend(),
    server: { registers: true },
    backend: { names: 'server' },
  },
  {
    what: 'a provider that a backend names, with a client of the configuration',
    plant: () => ofBackend(registered(world.server.origin)),
    backend: { names: 'server' },
  },
  {
    what: 'a provider that issues refresh tokens again',
    plant: async () =>
      await vaultWith(
        connection('live', 'null', { hasRefreshToken: false }),
        `update token_vault.connections set connected_at = now() - interval '1 day'`,
        connection('live', 'null', { hasRefreshToken: true }),
      ),
  },
  {
    what: 'a grant that rotates, and one that its person withdrew',
    plant: async () =>
      await vaultWith(
        connection('live', 'now()', { hasRefreshToken: true, rotated: true }),
        connection('reauth_required', 'now()', { hasRefreshToken: true, rotated: true }),
      ),
  },
  {
    what: 'tokens of a provider for the backend, or for what is above it',
    plant: async () => await vaultWith(connection('live', 'now()', { audiences: [world.backend.origin] })),
  },
  {
    what: 'tokens for a name that only the backend understands',
    plant: async () =>
      await vaultWith(connection('live', 'now()', { audiences: ['repos', 'https://api.octo.example'] })),
  },
  {
    what: 'an exchange that issues what it is asked for',
    plant: async () => ({ ...exchangedFor(REPOS()), ...(await vaultWith(exchangedToken(REPOS()))) }),
  },
  {
    what: 'values that the key of the configuration opens',
    plant: async () => await vaultWith(connection('live', 'now()', { key: 'v' })),
  },
  { what: 'an exchange for the resource of the backend', plant: () => exchangedFor(REPOS()) },
  { what: 'an exchange for what is above it', plant: () => exchangedFor(world.backend.origin) },
  {
    what: 'an audience that only the endpoint understands',
    plant: () => exchangedFor('https://other.example/mcp', 'repos'),
  },
];

test.each(HEALTHY)('nothing is wrong with $what', async ({ plant, backend = {}, server = {} }) => {
  world.backend.faults = backend;
  world.server.faults = server;
  const { findings, checks } = await world.diagnose(await plant?.());
  expect(findings).toEqual([]);
  expect(checks).toBeGreaterThanOrEqual(11);
});
