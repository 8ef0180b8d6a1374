import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { sha256 } from '@gatehouse/kernel/digest';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { until } from '@gatehouse/testing/until';
import { Outbox } from '../outbox/outbox.flow.js';
import {
  INITIAL_ACCESS_TOKEN,
  registering,
  resetRegistering,
  startRegisteringWorld,
  type RegisteringWorld,
} from '../testing/registering-world.js';
import { ProviderRegistry } from './provider-registry.js';
import { Upstreams } from './upstreams.flow.js';

const log = new KeptLog();
let world: RegisteringWorld;

beforeAll(async () => {
  world = await startRegisteringWorld(log);
});
beforeEach(() => resetRegistering(world));
afterAll(() => world.close());

const signIn = async (login: string) => await world.client.signIn({ octo: world.as(login) });
const change = async (assignments: string) => {
  await world.rows.query({
    name: `change-${sha256(assignments)}`,
    text: `update upstream_clients set ${assignments}`,
  });
};

// RFC 7591, section 3.
describe('a provider at which this gateway registers itself', () => {
  test('has it once over two replicas, however many people begin at once', async () => {
    const urls = await Promise.all(Array.from({ length: 12 }, () => world.begin()));
    expect(world.server.registrations).toEqual([
      {
        client_name: 'Gatehouse at localhost:4483 (octo)',
        client_uri: 'http://localhost:4483',
        redirect_uris: ['http://localhost:4484/oauth/callback/octo'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        application_type: 'native',
        token_endpoint_auth_method: 'client_secret_basic',
        scope: 'repo',
      },
    ]);
    expect(world.server.shownAtRegistration).toEqual([`Bearer ${INITIAL_ACCESS_TOKEN}`]);
    expect(new Set(urls.map((url) => url.searchParams.get('client_id'))).size).toBe(1);
  });

  test('gives two people tokens of their own, as one client, with its secret', async () => {
    const people = [await signIn('alice'), await signIn('bob')];
    for (const [index, login] of ['alice', 'bob'].entries())
      expect((await world.client.inject(people[index]?.tsid ?? '', 'repos')).accessToken).toMatch(
        new RegExp(`^access-${login}-`),
      );
    expect(world.server.registrations).toHaveLength(1);
    expect(new Set(world.server.presented.map(({ clientId }) => clientId)).size).toBe(1);
    expect(world.server.presented.every(({ secret }) => secret?.startsWith('secret-') === true)).toBe(true);
    for (const asked of world.server.authorizations) expect(asked.has('resource')).toBe(false);
  });

  test('is refreshed, and given its grants back, as the client to which they were issued', async () => {
    const { tsid, accountId } = await signIn('alice');
    const before = await world.client.inject(tsid, 'repos');
    await world.expire(accountId);
    expect((await world.client.inject(tsid, 'repos')).accessToken).not.toBe(before.accessToken);
    await world.client.ask(connectionRevoke, { accountId, provider: 'octo' });
    for (const replica of world.vault.replicas) replica.get(Outbox).wake();
    await until(() => world.server.revoked.length === 1);
    expect(world.server.presented.map(({ form }) => form.get('grant_type') ?? 'revocation')).toEqual([
      'authorization_code',
      'refresh_token',
      'revocation',
    ]);
    expect(
      new Set(world.server.presented.map(({ clientId, secret }) => `${clientId} ${secret ?? ''}`)).size,
    ).toBe(1);
  });

  test('keeps its secret in no row in clear, and shows it and the initial access token in no log line', async () => {
    await signIn('alice');
    const [{ secret = '' } = {}] = world.server.clients.values();
    const { rows } = await world.rows.query<{ text: string }>({
      name: 'clients-as-text',
      text: `select encode(client, 'escape') || c::text as text from upstream_clients c`,
    });
    expect(rows).toHaveLength(1);
    for (const hidden of [secret, INITIAL_ACCESS_TOKEN]) {
      expect(hidden).not.toBe('');
      expect(rows[0]?.text).not.toContain(hidden);
      expect(log.lines.join('\n')).not.toContain(hidden);
    }
  });

  test('may register a public client, at the written endpoint, with what says which software this is', async () => {
    world.server.initialAccessToken = undefined;
    const { tsid } = await world.client.signIn({ coded: world.as('alice') });
    expect((await world.client.inject(tsid, 'code')).accessToken).toMatch(/^access-alice-/);
    expect(world.server.registrations).toMatchObject([
      {
        token_endpoint_auth_method: 'none',
        software_id: 'gatehouse',
        software_statement: 'eyJhbGciOiJub25lIn0.e30.',
      },
    ]);
    expect(world.server.shownAtRegistration).toEqual([undefined]);
    expect(world.server.presented).toMatchObject([{ secret: undefined }]);
    expect(world.server.authorizations[0]?.get('code_challenge_method')).toBe('S256');
  });

  test.each([
    [['client_secret_post', 'none'], 'client_secret_post'],
    [['none'], 'none'],
    [undefined, 'client_secret_basic'],
  ])('proves itself in the best way that is offered: %p', async (methods, method) => {
    world.server.metadata = { token_endpoint_auth_methods_supported: methods };
    await signIn('alice');
    expect(world.server.registrations).toMatchObject([{ token_endpoint_auth_method: method }]);
    const [presented] = world.server.presented;
    expect(presented?.secret === undefined).toBe(method === 'none');
    expect(presented?.form.has('client_secret')).toBe(method === 'client_secret_post');
  });

  test.each([
    [{ backchannel_logout_supported: 'true' }],
    [{ backchannel_logout_supported: 1, id_token_signing_alg_values_supported: 'RS256' }],
    [{ id_token_signing_alg_values_supported: [256] }],
    [{ id_token_signing_alg_values_supported: { 0: 'RS256' } }],
  ])('may say of OpenID Connect what it likes: %j', async (metadata) => {
    world.server.metadata = metadata;
    const { tsid } = await signIn('alice');
    expect((await world.client.inject(tsid, 'repos')).accessToken).toMatch(/^access-alice-/);
    expect(world.server.registrations).toHaveLength(1);
  });

  test('whose answer leaves the method out is told by the one that was asked for', async () => {
    world.server.metadata = { token_endpoint_auth_methods_supported: ['client_secret_post'] };
    world.server.registration = { token_endpoint_auth_method: undefined };
    await signIn('alice');
    expect(world.server.presented[0]?.form.has('client_secret')).toBe(true);
  });
});

describe('a registration', () => {
  test('that the provider forgot is made anew once, and its people get links', async () => {
    const people = [await signIn('alice'), await signIn('bob')];
    world.server.forgetClients();
    for (const { tsid, accountId } of people) {
      await world.expire(accountId);
      await expect(world.client.inject(tsid, 'repos')).rejects.toMatchObject({ code: 'reauth_required' });
    }
    const urls = await Promise.all(Array.from({ length: 8 }, () => world.begin()));
    expect(world.server.registrations).toHaveLength(2);
    expect(new Set(urls.map((url) => url.searchParams.get('client_id'))).size).toBe(1);
    const { tsid } = await signIn('alice');
    expect((await world.client.inject(tsid, 'repos')).accessToken).toMatch(/^access-alice-/);
  });

  test('that the provider forgets during a sign-in is made anew for the next try', async () => {
    const reply = await world.client.leg(newAttemptId(), 'octo', async (url) => {
      const query = await world.as('alice')(url);
      world.server.forgetClients();
      return query;
    });
    expect(reply).toMatchObject({ outcome: 'refused', reason: 'provider_error' });
    await signIn('alice');
    expect(world.server.registrations).toHaveLength(2);
  });

  test('whose row is lost is made anew', async () => {
    await world.begin();
    await world.rows.query({ name: 'lose-clients', text: 'delete from upstream_clients' });
    await world.begin();
    expect(world.server.registrations).toHaveLength(2);
  });

  // RFC 7591, section 3.2.1: client_secret_expires_at.
  test('is renewed before its secret expires, and what the first client was issued is renewed as that one', async () => {
    const { tsid, accountId } = await signIn('alice');
    const [first] = world.server.presented;
    await change(
      `registered_at = now() - interval '1 hour', secret_expires_at = now() + interval '5 minutes'`,
    );
    const url = await world.begin();
    expect(world.server.registrations).toHaveLength(2);
    expect(url.searchParams.get('client_id')).not.toBe(first?.clientId);
    await world.expire(accountId);
    await world.client.inject(tsid, 'repos');
    expect(world.server.presented.at(-1)?.clientId).toBe(first?.clientId);
  });

  test('that cannot be renewed at this moment is used as long as its secret lives, and no longer', async () => {
    const first = await world.begin();
    world.server.registrationFailure = { status: 503, body: {} };
    await change(
      `registered_at = now() - interval '1 hour', secret_expires_at = now() + interval '5 minutes'`,
    );
    expect((await world.begin()).searchParams.get('client_id')).toBe(first.searchParams.get('client_id'));
    await change(`secret_expires_at = now() - interval '1 second'`);
    await expect(world.begin()).rejects.toMatchObject({ code: 'provider_unavailable' });
    world.server.registrationFailure = undefined;
    await world.begin();
  });

  test('that was made for another redirect URI is not used for this one', async () => {
    await world.begin();
    await change(`redirect_uri = 'http://localhost:4484/oauth/callback/before'`);
    await world.begin();
    expect(world.server.registrations).toHaveLength(2);
    const { rows } = await world.rows.query<{ redirectUri: string }>({
      name: 'redirect-uris',
      text: `select redirect_uri as "redirectUri" from upstream_clients order by registered_at desc`,
    });
    expect(rows[0]?.redirectUri).toBe('http://localhost:4484/oauth/callback/octo');
  });

  test('that was made for other scopes is replaced; grants of before are renewed as the client of before', async () => {
    const { tsid, accountId } = await signIn('alice');
    const { server, startVault } = world;
    const discoveryUrl = `${server.origin}/.well-known/oauth-authorization-server/tenant`;
    const vault = await startVault({
      providers: [registering('octo', server, { discoveryUrl }, { scopes: ['repo', 'gist'] })],
      backends: {},
    });
    // Any replica may answer a request; this is the one with the other configuration.
    const provider = vault.app.get(ProviderRegistry).get('octo');
    await vault.app.get(Upstreams).forSignIn(provider, []);
    await vault.close();
    expect(server.registrations.map(({ scope }) => scope)).toEqual(['repo', 'repo gist']);
    await world.expire(accountId);
    await world.client.inject(tsid, 'repos');
    const [first, last] = [server.presented[0], server.presented.at(-1)];
    expect([last?.clientId, last?.form.get('grant_type')]).toEqual([first?.clientId, 'refresh_token']);
  });
});
