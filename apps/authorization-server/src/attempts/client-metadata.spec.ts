import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';

const ISSUER = 'https://auth.example/tenant';

let local: string;

shareWorld(startServiceWorld, async (world) => {
  const port = await freePort();
  local = `http://localhost:${port}/tenant/oauth/client-metadata`;
  await world.startAnother(
    {
      issuer: ISSUER,
      keyEncryptionKeys: world.service.config.keyEncryptionKeys,
      upstreamProviders: [
        ...world.service.config.upstreamProviders,
        { name: 'notes', type: 'mcp', requirement: 'onDemand', scopes: [], backends: ['notes'] },
      ],
    },
    { port },
  );
});

// MCP 2025-11-25, authorization.
describe('the Client ID Metadata Document of this gateway', () => {
  test('is at its client id, and names the callback of its provider and no other', async () => {
    const response = await fetch(`${local}/notes`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(await response.json()).toEqual({
      client_id: `${ISSUER}/oauth/client-metadata/notes`,
      client_name: 'Gatehouse at localhost:9 (notes)',
      client_uri: 'http://localhost:9',
      redirect_uris: [`${ISSUER}/oauth/callback/notes`],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      application_type: 'web',
      token_endpoint_auth_method: 'none',
    });
  });

  test.each(['octo', 'nobody', 'notes/', 'NOTES', '__proto__'])(
    'is there for providers of type mcp only: %s',
    async (name) => {
      expect((await fetch(`${local}/${name}`)).status).toBe(404);
    },
  );
});
