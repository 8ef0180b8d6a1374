import { expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld, type ServiceWorld } from './testing/service-world.js';

let world: ServiceWorld;

shareWorld(startServiceWorld, (started) => (world = started));

test('whoever can reach the sign-in learns that it answers, and not how it is or how much it does', async () => {
  const { local, internal } = world.service;
  expect(await (await fetch(`${local}/healthz`)).json()).toEqual({ status: 'ok' });
  for (const path of ['/readyz', '/metrics', '/readyz?a', '/metrics/']) {
    const refused = await fetch(local + path);
    expect(refused.status).toBe(404);
    expect(await refused.text()).not.toMatch(/gatehouse_|jobs/);
  }
  expect(await (await fetch(`${internal}/readyz`)).json()).toMatchObject({
    status: 'ready',
    jobs: Object.fromEntries(
      ['tokens', 'signIn', 'sessions', 'events'].map((name) => [name, { status: 'ok' }]),
    ),
  });
  expect(await (await fetch(`${internal}/metrics`)).text()).toContain('gatehouse_');
});

test('nobody signs in at the internal listener', async () => {
  for (const path of ['/oauth/authorize', '/oauth/token', '/.well-known/oauth-authorization-server'])
    expect((await fetch(world.service.internal + path)).status).toBe(404);
});
