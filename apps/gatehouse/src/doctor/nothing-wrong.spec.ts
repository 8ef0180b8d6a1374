import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { DoctorWorld, withExternalIssuer, type Plant } from './doctor-world.fixture.js';
import { NAMES_IN_ORDER } from './plants.fixture.js';
import { connection, exchangedFor, vaultWith } from './recorded-plants.fixture.js';
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
  { what: 'an exchange for the resource of the backend', plant: () => exchangedFor(REPOS()) },
  { what: 'an exchange for what is above it', plant: () => exchangedFor(world.backend.origin) },
  {
    what: 'an audience that only the endpoint understands',
    plant: () => exchangedFor('https://other.example/mcp', 'repos'),
  },
];

test.each(HEALTHY)('nothing is wrong with $what', async ({ plant, backend = {} }) => {
  world.backend.faults = backend;
  const { findings, checks } = await world.diagnose(await plant?.());
  expect(findings).toEqual([]);
  expect(checks).toBeGreaterThanOrEqual(11);
});
