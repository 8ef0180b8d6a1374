import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { printFigure } from '@gatehouse/testing/figures';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { expireInVault } from '../support/database.js';

let world: World;
beforeAll(async () => {
  world = await startWorld({ replicas: 2 });
});
afterAll(() => world.close());
beforeEach(() => world.demonstration.reset());

const refreshesAtOcto = async () =>
  (await world.demonstration.counts()).octo.tokenRequests['refresh_token'] ?? 0;

test('forty callers at once on an expired token, two vault replicas: one redemption at the provider, forty answers', async () => {
  const { accessToken } = await (await OAuthClient.register(world.mcpUrl)).signIn('alice');
  await expireInVault(world, 'octo');
  // The provider takes its time, so that all forty meet the same refresh.
  await world.demonstration.setFault({
    part: 'octo',
    endpoint: 'token',
    mode: 'delay',
    delayMs: 300,
    times: 1,
  });
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => whoAmI(world.mcpUrl, accessToken, 'repos')),
  );
  const redemptions = await refreshesAtOcto();
  const right = answers.filter(({ who }) => who?.subject === 'octo-alice').length;
  printFigure(`callers: ${answers.length}, answered: ${right}, redemptions at the provider: ${redemptions}`);
  expect(right).toBe(40);
  expect(redemptions).toBe(1);
});

test('a provider that is down locks nobody out of the other backends, and nothing is lost when it comes back', async () => {
  const { accessToken } = await (await OAuthClient.register(world.mcpUrl)).signIn('bob');
  await expireInVault(world, 'octo');
  await world.demonstration.setFault({ part: 'octo', endpoint: 'token', mode: 'status500' });
  const down = await whoAmI(world.mcpUrl, accessToken, 'repos');
  expect(down.who).toBeUndefined();
  expect(JSON.stringify(down.body)).toMatch(/octo/);
  await expect(whoAmI(world.mcpUrl, accessToken, 'tickets')).resolves.toMatchObject({
    who: { subject: 'acme-bob' },
  });
  await world.demonstration.reset();
  await until(async () => (await whoAmI(world.mcpUrl, accessToken, 'repos')).who?.subject === 'octo-bob');
});

test('a grant that the provider revoked asks for a new sign-in at that provider, with a link, and only there', async () => {
  const { accessToken } = await (await OAuthClient.register(world.mcpUrl)).signIn('carol');
  await world.demonstration.revokeGrants('octo');
  await expireInVault(world, 'octo');
  const answer = await whoAmI(world.mcpUrl, accessToken, 'repos');
  expect(answer.who).toBeUndefined();
  expect(JSON.stringify(answer.body)).toContain(`${world.issuer}/connect/octo`);
  await expect(whoAmI(world.mcpUrl, accessToken, 'directory')).resolves.toMatchObject({
    who: { subject: 'acme-carol' },
  });
});
