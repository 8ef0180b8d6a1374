import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI } from '../testing/test-service.js';

const LISTED = 'https://inspector.example';
const STRANGER = 'https://evil.example';
const SECRET_ENDPOINTS = ['/oauth/token', '/oauth/register', '/oauth/revoke'];

let issuer: string;
shareWorld(startServiceWorld, (world) => {
  ({ issuer } = world.service);
});

const post = async (path: string, headers: Readonly<Record<string, string>>): Promise<Response> =>
  await fetch(issuer + path, {
    method: 'POST',
    headers: {
      'content-type': path === '/oauth/register' ? 'application/json' : 'application/x-www-form-urlencoded',
      ...headers,
    },
    body:
      path === '/oauth/register' ? JSON.stringify({ redirect_uris: [REDIRECT_URI] }) : 'token=x&client_id=y',
  });

const preflight = async (path: string, origin: string): Promise<Response> =>
  await fetch(issuer + path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,mcp-protocol-version',
    },
  });

describe.each(SECRET_ENDPOINTS)('%s', (path) => {
  test('a page of an allowed origin reads the response, and no cookie goes along', async () => {
    const { headers } = await post(path, { origin: LISTED });
    expect(headers.get('access-control-allow-origin')).toBe(LISTED);
    expect(headers.get('access-control-expose-headers')).toContain('www-authenticate');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('vary')).toContain('Origin');
    const asked = await preflight(path, LISTED);
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(LISTED);
    expect(asked.headers.get('access-control-allow-headers')).toContain('mcp-protocol-version');
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('a page of another site cannot read what holds secrets, and is told which setting lists sites', async () => {
    const { headers } = await post(path, { origin: STRANGER });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    const asked = await preflight(path, STRANGER);
    expect(asked.status).toBe(403);
    expect(asked.headers.get('access-control-allow-origin')).toBeNull();
    expect(await asked.text()).toMatch(/Origin header.*allowedOrigins/);
  });

  test('what holds secrets is never for every origin', async () => {
    expect((await post(path, {})).headers.get('access-control-allow-origin')).toBeNull();
  });
});

test.each([
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
  '/.well-known/jwks.json',
])('%s holds no secret, and every page may read it', async (path) => {
  const response = await fetch(issuer + path, { headers: { origin: STRANGER } });
  expect(response.headers.get('access-control-allow-origin')).toBe(STRANGER);
  const asked = await fetch(issuer + path, {
    method: 'OPTIONS',
    headers: {
      origin: STRANGER,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'mcp-protocol-version',
    },
  });
  expect(asked.status).toBe(204);
  expect(asked.headers.get('access-control-allow-headers')).toContain('mcp-protocol-version');
});
