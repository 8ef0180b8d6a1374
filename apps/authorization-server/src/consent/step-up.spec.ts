import 'reflect-metadata';
import { scopeUses } from '@gatehouse/config/model/scope-uses';
import { expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import type { TestService } from '../testing/test-service.js';

const USES = scopeUses([
  {
    name: 'octo',
    requiredScopes: ['repos:read'],
    toolScopes: [{ tools: ['create_*', 'delete_repo'], scopes: ['repos:write'] }],
  },
]);
const SUPPORTED = ['openid', 'profile', 'email', 'offline_access', 'repos:read', 'repos:write'];
const VIEW = 'http://localhost:9/mcp/views/support';

let world: ServiceWorld;
shareWorld(startServiceWorld, (started) => (world = started));

const withScopes = async (): Promise<TestService> =>
  await world.startAnother({
    issuer: world.service.issuer,
    scopesSupported: SUPPORTED,
    requiredScopes: ['openid', 'repos:read', 'repos:write'],
    scopeUses: USES,
  });

test('a client that signs in again with the scopes of a challenge gets them, whatever it registered', async () => {
  const service = await withScopes();
  const clientId = await service.register({ scope: 'openid' });
  const scope = 'openid repos:read repos:write';
  const { url, verifier } = service.authorizeUrl(clientId, { scope });
  const result = await service.signIn(service.browser(), url, 'stepping-up');
  const answer = await service.redeem(clientId, result.get('code') ?? '', verifier);
  expect([answer.status, answer.scope]).toEqual([200, scope]);
  await service.close();
});

test('the metadata lists them', async () => {
  const service = await withScopes();
  const local = `http://localhost:${service.config.listen.port}`;
  const response = await fetch(`${local}/.well-known/oauth-authorization-server`);
  expect(await response.json()).toMatchObject({ scopes_supported: SUPPORTED });
  await service.close();
});

test('the approval page says in words what a scope lets the client do, and each addition is approved anew', async () => {
  const service = await withScopes();
  const clientId = await service.register();
  const browser = service.browser();
  const page = async (scope: string, more: { readonly resource?: string } = {}): Promise<string> =>
    (await browser.follow(await browser.get(service.authorizeUrl(clientId, { scope, ...more }).url))).body;
  const little = await page('openid repos:read');
  expect(little).toContain('Use octo');
  expect(little).not.toContain('repos:write');
  await service.signIn(
    browser,
    service.authorizeUrl(clientId, { scope: 'openid repos:read' }).url,
    'careful',
  );
  expect(await page('openid repos:read')).not.toContain('value="approve"');
  const more = await page('openid repos:read repos:write');
  expect(more).toContain('Use create_…, delete_repo of octo');
  expect(more).toContain('value="approve"');
  expect(await page('openid')).not.toContain('It also asks for');
  await service.close();
});

test('the page of a part says nothing of scopes for what is not behind it', async () => {
  const service = await withScopes();
  const browser = service.browser();
  const clientId = await service.register();
  const { url } = service.authorizeUrl(clientId, { scope: 'openid repos:write', resource: VIEW });
  const { body } = await browser.follow(await browser.get(url));
  expect(body.includes('of octo')).toBe(service.config.partBackends.get(VIEW)?.includes('octo') === true);
  await service.close();
});
