import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { sendJson } from '@gatehouse/testing/http-stub';
import { until } from '@gatehouse/testing/until';
import { Outbox } from '../outbox/outbox.flow.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { mcpProvider } from '../testing/mcp-provider.js';
import { BackendDiscovery } from './backend-discovery.client.js';
import { BackendOAuth } from './backend-oauth.flow.js';
import { isMcp } from './mcp-provider.js';
import { resetStubs, startMcpWorld, type McpWorld } from '../testing/mcp-world.js';
import { ISSUER, oidcProvider } from '../testing/vault-config.js';

const OPEN = 'https://sso.example';

let world: McpWorld;

beforeAll(async () => {
  world = await startMcpWorld({
    providers: ({ backend, lure }) => [
      mcpProvider('notes', backend),
      mcpProvider('lure', lure),
      mcpProvider('shut-in', lure, {}, { allowPrivateIps: false, insecureAllowHttp: false }),
      oidcProvider('acme', OPEN),
    ],
  });
});
beforeEach(async () => {
  resetStubs(world);
  for (const table of ['upstream_issuers', 'connections', 'revocation_outbox'])
    await world.rows.query({ name: `forget-${table}`, text: `delete from ${table}` });
});
afterAll(() => world.close());

/** Nobody is sent anywhere, for this reason. */
const isRefused = async (reason: string, name = 'notes') => {
  const provider = world.vault.app.get(ProviderRegistry).get(name);
  if (!isMcp(provider)) throw new Error('a provider of another type');
  const error: unknown = await world.vault.app
    .get(BackendOAuth)
    .forSignIn(provider, [])
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: reason === 'too_large' ? 'provider_unavailable' : 'provider_misconfigured',
    message: `OAuth of ${name}: ${reason}`,
  });
};
const signIn = async () => await world.client.signIn({ notes: world.asAtBackend('alice') });

/** What any client sent anywhere. */
const sent = () =>
  [world.authorization, world.other].map(({ presented }) => presented.map(({ secret }) => secret));

describe('a backend that names', () => {
  test('the resource of another backend gets no tokens for that one (RFC 9728 section 7.3)', async () => {
    for (const resource of ['https://payroll.example/mcp', world.lure.mcpUrl, `${world.backend.mcpUrl}2`]) {
      world.backend.metadata = { resource };
      await isRefused('resource_of_another');
    }
    expect(world.authorization.registrations).toEqual([]);
  });

  test('the authorization server of another backend gets no tokens of it', async () => {
    await world.begin('notes');
    world.lure.authorization = world.authorization;
    await isRefused('authorization_server_of_another', 'lure');
    expect(world.authorization.registrations).toHaveLength(1);
    expect((await world.begin('notes')).origin).toBe(world.authorization.origin);
  });

  test('that of a provider of another type gets no tokens of it', async () => {
    // It is not even asked what it is.
    world.lure.metadata = { authorization_servers: [OPEN] };
    await isRefused('authorization_server_of_another', 'lure');
  });

  test('this gateway itself is refused', async () => {
    world.lure.metadata = { authorization_servers: [ISSUER] };
    await isRefused('authorization_server_of_another', 'lure');
  });

  test('ever new authorization servers fills no table with them', async () => {
    await world.rows.query({
      name: 'many-issuers',
      text: `insert into upstream_issuers (provider, issuer) select 'notes', 'https://as-' || n from generate_series(1, 20) as n`,
    });
    await isRefused('too_many_issuers');
    expect(world.authorization.registrations).toEqual([]);
    // One that it used before is still good.
    await world.rows.query({
      name: 'known-issuer',
      text: 'update upstream_issuers set issuer = $1 where issuer = $2',
      values: [world.authorization.issuer, 'https://as-1'],
    });
    expect((await world.begin('notes')).origin).toBe(world.authorization.origin);
  });

  test('an authorization server that is not used leaves nothing in memory', async () => {
    await world.rows.query({
      name: 'many-issuers',
      text: `insert into upstream_issuers (provider, issuer) select 'notes', 'https://as-' || n from generate_series(1, 20) as n`,
    });
    const provider = world.vault.app.get(ProviderRegistry).get('notes');
    if (!isMcp(provider)) throw new Error('a provider of another type');
    world.backend.authorization = world.other;
    await isRefused('too_many_issuers');
    world.other.metadata = { revocation_endpoint: `${world.other.origin}/changed` };
    const { revocation_endpoint } = await world.vault.app
      .get(BackendDiscovery)
      .server(provider, world.other.issuer);
    expect(revocation_endpoint).toBe(`${world.other.origin}/changed`);
  });

  test('another authorization server gets no refresh token of the one before, though the person is the same', async () => {
    for (const server of [world.authorization, world.other]) server.subject = 'person-7';
    const { accountId } = await signIn();
    const before = world.authorization.presented.length;
    world.backend.authorization = world.other;
    world.other.tokenAnswer = { refresh_token: undefined };
    const { tsid } = await world.client.signIn({ notes: world.asAtBackend('alice') }, accountId);
    await world.expire(accountId);
    await expect(world.client.inject(tsid, 'notes')).rejects.toMatchObject({ code: 'reauth_required' });
    const forms = world.other.presented.map(({ form }) => form.get('grant_type'));
    expect(forms).not.toContain('refresh_token');
    // What the first one gave goes back to it.
    world.vault.app.get(Outbox).wake();
    await until(() => world.authorization.revoked.length === 1);
    expect(world.authorization.presented.length).toBeGreaterThan(before);
    expect(world.other.revoked).toEqual([]);
  });

  test('an authorization server on an address that is not allowed is not followed there (SSRF)', async () => {
    await isRefused('blocked', 'shut-in');
    world.lure.challenge = 'Bearer resource_metadata="http://169.254.169.254/latest/meta-data"';
    await isRefused('blocked', 'lure');
    expect(world.other.registrations).toEqual([]);
  });
});

describe('an authorization server', () => {
  // RFC 8414, section 3.3.
  test('whose metadata is of another issuer is not used (mix-up)', async () => {
    for (const issuer of [
      'https://sso.example',
      `${world.authorization.issuer}/`,
      world.authorization.origin,
    ]) {
      world.authorization.metadata = { issuer };
      await isRefused('issuer_of_another');
    }
    expect(world.authorization.registrations).toEqual([]);
  });

  test('that registers further redirect URIs gets no sign-in (codes that go elsewhere)', async () => {
    world.authorization.registration = {
      redirect_uris: [`${ISSUER}/oauth/callback/notes`, 'https://evil.example/callback'],
    };
    await isRefused('registration_unfit');
  });

  // MCP 2025-11-25, authorization.
  test('without S256 is not used (PKCE downgrade)', async () => {
    world.authorization.metadata = { code_challenge_methods_supported: ['plain'] };
    await isRefused('no_pkce');
  });

  // RFC 9207, section 2.4.
  test('whose answers come with the issuer of another one redeems nothing (RFC 9207)', async () => {
    for (const iss of [world.other.issuer, `${world.authorization.issuer}/`]) {
      world.authorization.redirect = { iss };
      await expect(signIn()).rejects.toMatchObject({ code: 'callback_wrong_provider' });
    }
    // Not promised is no excuse.
    world.authorization.metadata = { authorization_response_iss_parameter_supported: false };
    await expect(signIn()).rejects.toMatchObject({ code: 'callback_wrong_provider' });
    expect(sent()).toEqual([[], []]);
  });

  // RFC 9207, section 2.4.
  test('that promised its issuer and does not say it redeems nothing (RFC 9207)', async () => {
    world.authorization.redirect = { iss: undefined };
    await expect(signIn()).rejects.toThrow('notes refused: invalid_response');
    expect(sent()).toEqual([[], []]);
  });

  test('that promised nothing need not say it', async () => {
    world.authorization.metadata = { authorization_response_iss_parameter_supported: undefined };
    world.authorization.redirect = { iss: undefined };
    await signIn();
  });
});

describe('a backend that moves to another authorization server', () => {
  test('in the middle of a sign-in: the code goes back to the one that was asked', async () => {
    const reply = await world.client.leg(newAttemptId(), 'notes', async (url) => {
      world.backend.authorization = world.other;
      return await world.asAtBackend('alice')(url);
    });
    expect(reply.outcome).toBe('completed');
    expect(world.other.presented).toEqual([]);
  });

  test('does not see what the first one issued: the person gets a link, and the grant goes back to the first', async () => {
    const { tsid, accountId } = await signIn();
    world.backend.authorization = world.other;
    // The person, or somebody else, begins anew: the vault hears of the move.
    expect((await world.begin()).origin).toBe(world.other.origin);
    await world.expire(accountId);
    const before = world.authorization.presented.length;
    await expect(world.client.inject(tsid, 'notes')).rejects.toMatchObject({ code: 'reauth_required' });
    expect(world.other.presented).toEqual([]);
    expect(world.authorization.presented).toHaveLength(before);
    await world.client.ask(connectionRevoke, { accountId, provider: 'notes' });
    await world.revoked();
    expect(world.authorization.revoked).toHaveLength(1);
    expect(world.other.revoked).toEqual([]);
    await signIn();
    expect(world.other.registrations).toHaveLength(1);
  });

  test('that does not answer at all keeps its grants', async () => {
    const { tsid, accountId } = await signIn();
    world.backend.bent = (_request, response) => {
      sendJson(response, 503, {});
      return 'answered';
    };
    await world.expire(accountId);
    expect((await world.client.inject(tsid, 'notes')).accessToken).toMatch(/^access-alice-/);
  });
});

describe('what a backend says of itself', () => {
  test('is not taken from where a redirect leads', async () => {
    world.lure.bent = ({ url }, response) => {
      if (!url.pathname.includes('well-known')) return 'as-usual';
      response.writeHead(302, { location: world.backend.metadataUrl }).end();
      return 'answered';
    };
    await isRefused('no_metadata', 'lure');
  });

  test('is cut off when it is too long', async () => {
    const megabytes = 'x'.repeat(3_000_000);
    world.lure.bent = ({ url }, response) => {
      if (!url.pathname.includes('well-known')) return 'as-usual';
      sendJson(response, 200, { resource: world.lure.mcpUrl, megabytes });
      return 'answered';
    };
    await isRefused('too_large', 'lure');
  });
});
