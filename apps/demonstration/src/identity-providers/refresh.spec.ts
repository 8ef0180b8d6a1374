import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProviderName } from '../parts.js';
import { basic, bearer, TestWorld } from '../testing/test-world.js';

let world: TestWorld;
beforeAll(async () => {
  world = await TestWorld.start('--only', 'acme-sso,octo');
});
afterAll(() => world.close());

const user = (token: string) => fetch(`${world.urls.octo}/user`, { headers: bearer(token) });

test.each<ProviderName>(['acme-sso', 'octo'])(
  '%s: a refresh token works once; replaying it ends the family',
  async (name) => {
    const first = await world.signIn(name, 'alice');
    const second = await world.refresh(name, first.refresh_token);
    expect(second.status).toBe(200);
    const successor = String(second.body['refresh_token']);
    expect(successor).not.toBe(first.refresh_token);
    expect((await world.refresh(name, first.refresh_token)).body['error']).toBe('invalid_grant');
    expect((await world.refresh(name, successor)).body['error']).toBe('invalid_grant');
  },
);

test('a replayed refresh token ends the access tokens of the family too', async () => {
  const first = await world.signIn('octo', 'alice');
  const second = await world.refresh('octo', first.refresh_token);
  expect((await user(String(second.body['access_token']))).status).toBe(200);
  await world.refresh('octo', first.refresh_token);
  expect((await user(String(second.body['access_token']))).status).toBe(401);
});

test('racing redemptions of one refresh token give at most one answer', async () => {
  const { refresh_token: token } = await world.signIn('octo', 'alice');
  const answers = await Promise.all(Array.from({ length: 8 }, () => world.refresh('octo', token)));
  expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  expect(answers.filter(({ body }) => body['error'] === 'invalid_grant').length).toBeGreaterThanOrEqual(7);
});

test("replaying one person's refresh token leaves the others alone", async () => {
  const alice = await world.signIn('octo', 'alice');
  const bob = await world.signIn('octo', 'bob');
  await world.refresh('octo', alice.refresh_token);
  await world.refresh('octo', alice.refresh_token);
  expect((await world.refresh('octo', bob.refresh_token)).status).toBe(200);
});

test('a revoked refresh token is dead (RFC 7009)', async () => {
  const { refresh_token: token } = await world.signIn('octo', 'alice');
  const answer = await fetch(`${world.urls.octo}/login/oauth/revoke`, {
    method: 'POST',
    headers: { authorization: basic('gatehouse', 'octo-demo-secret') },
    body: new URLSearchParams({ token }),
  });
  expect(answer.status).toBe(200);
  expect((await world.refresh('octo', token)).body['error']).toBe('invalid_grant');
});
