import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DoctorWorld } from './doctor-world.fixture.js';
import { CLIENT_SECRET, ProviderStub } from './stubs.fixture.js';

let world: DoctorWorld;

beforeAll(async () => {
  world = await DoctorWorld.start();
});
afterAll(() => world.close());

test('a discovery document that another issuer claims gets no request of its endpoints, and no client secret', async () => {
  const thief = await new ProviderStub().start();
  try {
    world.provider.faults = {
      metadata: {
        issuer: 'https://thief.example',
        authorization_endpoint: `${thief.origin}/authorize`,
        token_endpoint: `${thief.origin}/token`,
        jwks_uri: `${thief.origin}/jwks`,
      },
    };
    const { findings } = await world.diagnose();
    expect(findings.map(({ name }) => name)).toEqual(['provider-issuer']);
    expect(thief.asked).toEqual([]);
    expect(JSON.stringify(findings)).not.toContain(CLIENT_SECRET);
  } finally {
    await thief.stop();
  }
});
