import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { pageName } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService, type TokenAnswer } from '../testing/test-service.js';

let service: TestService;
let lenient: TestService;

shareWorld(startServiceWorld, async (world) => {
  ({ service } = world);
  lenient = await world.startAnother({ resourceIndicator: 'optional' });
});

let people = 0;
const register = async (metadata: Readonly<Record<string, unknown>>) =>
  (await service.post('/oauth/register', { redirect_uris: [REDIRECT_URI], ...metadata })) as Readonly<
    Record<string, unknown>
  >;

async function tokens(
  at: TestService,
  clientId: string,
  asked: Readonly<Record<string, string | undefined>>,
): Promise<TokenAnswer> {
  const { url, verifier } = at.authorizeUrl(clientId, asked);
  const result = await at.signIn(at.browser(), url, `person-${(people += 1)}`);
  return await at.redeem(clientId, result.get('code') ?? '', verifier);
}

describe('scopes that this server does not know', () => {
  test.each([
    ['alone', 'vendorscope', 'openid profile email offline_access'],
    ['among others', 'vendorscope email', 'email openid offline_access'],
    ['in a list', ['vendorscope', 'email'], 'email openid offline_access'],
  ])(
    'are left out of a registration, whose response says what was registered: %s',
    async (_how, scope, told) => {
      expect(await register({ scope })).toMatchObject({ scope: told });
    },
  );

  test.each([
    ['openid vendorscope', 'openid'],
    ['vendorscope openid email', 'openid email'],
    ['vendorscope', 'openid offline_access'],
    ['https://vendor.example/scope.read openid', 'openid'],
    ['', 'openid offline_access'],
  ])(
    'are ignored in a request for "%s", and the token response says what was granted',
    async (scope, granted) => {
      const clientId = await service.register({ scope: 'vendorscope' });
      const answer = await tokens(service, clientId, { scope });
      expect([answer.status, answer.scope]).toEqual([200, granted]);
      expect(decodeJwt(answer.access_token ?? '')['scope']).toBe(granted);
    },
  );

  test('and those that the client did not register are ignored as well, and never granted (escalation)', async () => {
    const clientId = await service.register({ scope: 'email' });
    const answer = await tokens(service, clientId, { scope: 'openid profile email' });
    expect([answer.status, answer.scope]).toEqual([200, 'openid email']);
  });

  test('do not cost a client its refresh', async () => {
    const clientId = await service.register();
    const { refresh_token: token = '' } = await tokens(service, clientId, {
      scope: 'openid email offline_access vendorscope',
    });
    const refresh = async (value: string, scope: string) =>
      await service.token({ grant_type: 'refresh_token', client_id: clientId, refresh_token: value, scope });
    const first = await refresh(token, 'openid vendorscope');
    expect([first.status, first.scope]).toEqual([200, 'openid']);
    const second = await refresh(first.refresh_token ?? '', 'vendorscope');
    expect([second.status, second.scope]).toEqual([200, 'openid email offline_access']);
  });
});

describe('a scope that was ignored, because the client did not register it, does not cost its refresh', () => {
  test.each(['none', 'client_secret_post', 'client_secret_basic'])('%s', async (method) => {
    const client = await register({ scope: 'email', token_endpoint_auth_method: method });
    const [id, secret] = [String(client['client_id']), String(client['client_secret'])];
    const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    const isBasic = method === 'client_secret_basic';
    const own = isBasic ? {} : { client_id: id, ...(method === 'none' ? {} : { client_secret: secret }) };
    const ask = async (fields: Readonly<Record<string, string>>): Promise<TokenAnswer> => {
      const response = await fetch(`${service.local}/oauth/token`, {
        method: 'POST',
        headers: isBasic ? { authorization: basic } : {},
        body: new URLSearchParams({ ...own, ...fields }),
      });
      return { status: response.status, ...((await response.json()) as Omit<TokenAnswer, 'status'>) };
    };
    const scope = 'openid profile email offline_access';
    const { url, verifier } = service.authorizeUrl(id, { scope });
    const result = await service.signIn(service.browser(), url, `person-${(people += 1)}`);
    const answer = await ask({
      grant_type: 'authorization_code',
      code: result.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    });
    expect([answer.status, answer.scope]).toEqual([200, 'openid email offline_access']);
    const first = await ask({
      grant_type: 'refresh_token',
      refresh_token: answer.refresh_token ?? '',
      scope,
    });
    expect([first.status, first.scope]).toEqual([200, 'openid email offline_access']);
    const alone = { refresh_token: first.refresh_token ?? '', scope: 'profile' };
    const second = await ask({ grant_type: 'refresh_token', ...alone });
    expect([second.status, second.scope]).toEqual([200, 'openid email offline_access']);
  });
});

describe('redirect URIs', () => {
  test('can be many, and https on loopback', async () => {
    const uris = Array.from({ length: 40 }, (_none, at) => `https://app.example/callback/${at}`);
    const { client_id: clientId } = await register({ redirect_uris: [...uris, 'https://localhost:3000/cb'] });
    for (const uri of [uris[39], 'https://localhost:3000/cb']) {
      const { url } = service.authorizeUrl(String(clientId), { redirect_uri: uri });
      expect((await service.browser().get(url)).location).toContain('/sign-in/');
    }
  });

  test('of a client that nobody registered lead nowhere, whatever they look like (open redirector)', async () => {
    const { client_id: clientId } = await register({ redirect_uris: ['https://localhost:3000/cb'] });
    const { url } = service.authorizeUrl(String(clientId), { redirect_uri: 'https://localhost:3001/cb' });
    const answer = await service.browser().get(url);
    expect([answer.status, pageName(answer)]).toEqual([400, 'error']);
  });
});

describe('the resource', () => {
  test.each(['http://localhost:9/mcp/', 'HTTP://LOCALHOST:9/mcp', 'http://localhost:9/%6dcp'])(
    'is the same when it is spelled %s, from the request to the refresh',
    async (resource) => {
      const clientId = await service.register();
      const { url, verifier } = service.authorizeUrl(clientId, { resource });
      const result = await service.signIn(service.browser(), url, `person-${(people += 1)}`);
      const answer = await service.token({
        grant_type: 'authorization_code',
        client_id: clientId,
        code: result.get('code') ?? '',
        code_verifier: verifier,
        redirect_uri: REDIRECT_URI,
        resource,
      });
      expect(decodeJwt(answer.access_token ?? '').aud).toBe(service.config.resourceUrl);
      const refreshed = await service.token({
        grant_type: 'refresh_token',
        client_id: clientId,
        refresh_token: answer.refresh_token ?? '',
        resource,
      });
      expect(decodeJwt(refreshed.access_token ?? '').aud).toBe(service.config.resourceUrl);
    },
  );

  test.each(['http://localhost:9', 'http://localhost:9/', undefined])(
    'may be %s where it is optional, and the token is for the one resource all the same',
    async (resource) => {
      const answer = await tokens(lenient, await lenient.register(), { resource });
      expect(decodeJwt(answer.access_token ?? '').aud).toBe(lenient.config.resourceUrl);
    },
  );

  test.each(['http://localhost:9/other', 'http://localhost:10', 'http://127.0.0.1:9'])(
    'of somebody else is refused where it is optional, too: %s',
    async (resource) => {
      const { url } = lenient.authorizeUrl(await lenient.register(), { resource });
      const { location = '' } = await lenient.browser().get(url);
      expect(new URL(location).searchParams.get('error')).toBe('invalid_target');
    },
  );
});

describe('a client whose registration is gone', () => {
  const stale = async (redirectUri: string) =>
    await service.browser().get(service.authorizeUrl('gone-long-ago', { redirect_uri: redirectUri }).url);

  test.each([
    ['Claude Code', 'http://localhost:54545/callback', 'Clear authentication'],
    ['claude.ai and Claude Desktop', 'https://claude.ai/api/mcp/auth_callback', 'remove this connector'],
    ['VS Code', 'http://127.0.0.1:33418/', 'Remove Dynamic Authentication Providers'],
    ['VS Code', 'https://vscode.dev/redirect', 'Remove Dynamic Authentication Providers'],
    ['Cursor', 'cursor://anysphere.cursor-mcp/oauth/callback', 'Clear All MCP Tokens'],
    ['MCP Inspector', 'http://localhost:6274/oauth/callback', 'Clear OAuth State'],
    ['mcp-remote', 'http://127.0.0.1:3334/oauth/callback', '.mcp-auth'],
  ])('%s is told first how it is made to forget it', async (name, redirectUri, how) => {
    const page = await stale(redirectUri);
    expect([page.status, page.location, pageName(page)]).toEqual([400, undefined, 'error']);
    const [, first = ''] = /<dl>\s*<div>([\s\S]*?)<\/div>/.exec(page.body) ?? [];
    expect(first).toContain(name);
    expect(first).toContain(how);
    for (const other of ['Claude Code', 'Cursor', 'VS Code', 'Codex', 'Another application'])
      expect(page.body).toContain(other);
  });

  test('and its redirect URI is never followed nor shown (open redirector, spoofed page)', async () => {
    const page = await stale('https://evil.example/x');
    expect(page.body).not.toContain('evil.example');
  });

  test('a client whose id is the address of a description that is not accepted is told something else', async () => {
    const { url } = service.authorizeUrl('http://app.example/client.json');
    const page = await service.browser().get(url);
    expect(page.body).toContain('The description of this application cannot be read');
    expect(page.body).not.toContain('Clear authentication');
  });
});
