import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { mcpProvider } from '../testing/mcp-provider.js';
import { resetStubs, startMcpWorld, type McpWorld } from '../testing/mcp-world.js';
import { ISSUER } from '../testing/vault-config.js';

const CONFIGURED = { clientId: 'configured', clientSecret: new Secret('configured-secret') };

let world: McpWorld;

beforeAll(async () => {
  world = await startMcpWorld({
    providers: ({ authorization: { issuer }, backend, lure }) => [
      mcpProvider('pinned', backend, { issuer }, CONFIGURED),
      mcpProvider('shared', lure, { issuer }),
      mcpProvider('notes', lure),
    ],
  });
});
beforeEach(() => {
  resetStubs(world);
  world.authorization.clients.set('configured', {
    redirectUris: [`${ISSUER}/oauth/callback/pinned`],
    secret: 'configured-secret',
  });
});
afterAll(() => world.close());

const leg = async (provider: string) =>
  await world.client.leg(newAttemptId(), provider, world.asAtBackend('alice'));

test('another authorization server than the configured one does not see the client secret of that one', async () => {
  world.backend.authorization = world.other;
  await expect(leg('pinned')).rejects.toMatchObject({ details: { provider: 'pinned' } });
  expect(world.other.registrations).toEqual([]);
  world.backend.metadata = { authorization_servers: [world.other.issuer, world.authorization.issuer] };
  expect((await leg('pinned')).outcome).toBe('completed');
  expect(world.other.presented).toEqual([]);
  expect(world.authorization.registrations).toEqual([]);
  expect(world.authorization.presented).toMatchObject([
    { clientId: 'configured', secret: 'configured-secret' },
  ]);
});

test('two backends use one authorization server where it is written for both, and no third one does', async () => {
  world.lure.authorization = world.authorization;
  expect((await leg('shared')).outcome).toBe('completed');
  expect((await leg('pinned')).outcome).toBe('completed');
  await expect(leg('notes')).rejects.toMatchObject({ details: { provider: 'notes' } });
});

test('the configured one is heard, however many others the backend has named in its time', async () => {
  await world.rows.query({ name: 'forget', text: `delete from upstream_issuers where provider = 'pinned'` });
  await world.rows.query({
    name: 'named-before',
    text: `insert into upstream_issuers (provider, issuer) select 'pinned', 'https://as-' || n from generate_series(1, 100) as n`,
  });
  expect((await leg('pinned')).outcome).toBe('completed');
});
