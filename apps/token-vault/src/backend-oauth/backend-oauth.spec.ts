import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { sha256 } from '@gatehouse/kernel/digest';
import { newAccountId, newAttemptId } from '@gatehouse/kernel/ids';
import { sendJson } from '@gatehouse/testing/http-stub';
import { until } from '@gatehouse/testing/until';
import { Outbox } from '../outbox/outbox.flow.js';
import { mcpProvider } from '../testing/mcp-provider.js';
import { resetStubs, startMcpWorld, type McpWorld } from '../testing/mcp-world.js';
import { BROWSER } from '../testing/vault-client.js';

let world: McpWorld;

beforeAll(async () => {
  world = await startMcpWorld({
    replicas: 2,
    providers: ({ backend }) => [mcpProvider('notes', backend)],
  });
});
beforeEach(async () => {
  resetStubs(world);
  for (const table of ['upstream_issuers', 'connections', 'staged_connections', 'revocation_outbox'])
    await world.rows.query({ name: `forget-${table}`, text: `delete from ${table}` });
});
afterAll(() => world.close());

const signIn = async (login: string, accountId = newAccountId()) =>
  await world.client.signIn({ notes: world.asAtBackend(login) }, accountId);

describe('a backend that demands its own OAuth', () => {
  // RFC 8707, section 2.
  test('is signed in to at its own authorization server, with a token for it alone', async () => {
    const { tsid, accountId } = await signIn('alice');
    const { accessToken } = await world.client.inject(tsid, 'notes');
    expect(world.authorization.introspect(accessToken)).toMatchObject({
      login: 'alice',
      resource: world.backend.mcpUrl,
      scope: 'notes',
    });
    const [asked] = world.authorization.authorizations;
    expect(Object.fromEntries(asked ?? [])).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      resource: world.backend.mcpUrl,
      scope: 'notes',
    });
    expect(asked?.has('nonce')).toBe(false);
    for (const { form } of world.authorization.presented)
      expect(form.get('resource')).toBe(world.backend.mcpUrl);
    const { connections } = await world.client.ask(connectionList, { accountId });
    expect(connections).toMatchObject([{ provider: 'notes', state: 'live', scopes: ['notes'] }]);
  });

  test('registers this gateway once over all replicas, however many people begin at once', async () => {
    const urls = await Promise.all(Array.from({ length: 12 }, () => world.begin()));
    expect(world.authorization.registrations).toHaveLength(1);
    expect(new Set(urls.map((url) => url.searchParams.get('client_id'))).size).toBe(1);
    expect(world.authorization.registrations[0]).toMatchObject({
      client_name: 'Gatehouse at localhost:4483 (notes)',
      redirect_uris: ['http://localhost:4484/oauth/callback/notes'],
      application_type: 'native',
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'notes',
    });
  });

  test('the secret of the registration is in no row in clear', async () => {
    await world.begin();
    const [{ secret } = { secret: '' }] = world.authorization.clients.values();
    const { rows } = await world.rows.query<{ text: string }>({
      name: 'clients-as-text',
      text: `select encode(client, 'escape') || c::text as text from upstream_clients c`,
    });
    expect(rows).toHaveLength(1);
    expect(rows[0]?.text).not.toContain(secret ?? '');
  });

  // RFC 6749, section 6; RFC 8707, section 2.2.
  test('a refresh goes to the same server, as the same client, for the same resource', async () => {
    const { tsid, accountId } = await signIn('alice');
    const before = await world.client.inject(tsid, 'notes');
    await world.expire(accountId);
    const after = await world.client.inject(tsid, 'notes');
    expect(after.accessToken).not.toBe(before.accessToken);
    const { form, clientId, secret } = world.authorization.presented.at(-1) ?? {};
    expect(form?.get('grant_type')).toBe('refresh_token');
    expect(form?.get('resource')).toBe(world.backend.mcpUrl);
    expect([clientId, secret]).toEqual([
      world.authorization.presented[0]?.clientId,
      world.authorization.presented[0]?.secret,
    ]);
  });

  test('nobody says who the person is, so the subject is the account: two accounts never share it', async () => {
    const [one, other] = [newAccountId(), newAccountId()];
    const subjects: string[] = [];
    for (const accountId of [one, other, one]) {
      const attemptId = newAttemptId();
      const { authorizationUrl } = await world.client.ask(connectionBegin, {
        attemptId,
        accountId,
        provider: 'notes',
        browserBinding: BROWSER,
      });
      const query = await world.asAtBackend('alice')(authorizationUrl);
      const reply = await world.client.complete(query, { callback: 'notes' });
      if (reply.outcome === 'completed') subjects.push(reply.identity.subject);
    }
    expect(subjects).toEqual([one, other, one].map((accountId) => `gatehouse:account:${accountId}`));
    // While the account is unknown, two sign-ins of one person are two subjects.
    const unknown = await Promise.all(
      [newAttemptId(), newAttemptId()].map((id) => world.client.leg(id, 'notes', world.asAtBackend('alice'))),
    );
    expect(
      new Set(unknown.map((reply) => reply.outcome === 'completed' && reply.identity.subject)).size,
    ).toBe(2);
  });

  test('another account at the server replaces the grant as a whole: no refresh token of the first one is kept', async () => {
    const { accountId } = await signIn('alice');
    world.authorization.tokenAnswer = { refresh_token: undefined };
    const { tsid } = await signIn('bob', accountId as ReturnType<typeof newAccountId>);
    world.authorization.tokenAnswer = {};
    expect((await world.client.inject(tsid, 'notes')).accessToken).toMatch(/^access-bob-/);
    await world.expire(accountId);
    await expect(world.client.inject(tsid, 'notes')).rejects.toMatchObject({ code: 'reauth_required' });
    expect(await world.revoked()).toEqual([]);
    expect(world.authorization.revoked).toEqual([]);
  });

  // RFC 7009, section 2.1.
  test('ending a connection gives the grant back to the server that issued it', async () => {
    const { accountId } = await signIn('alice');
    await world.client.ask(connectionRevoke, { accountId, provider: 'notes' });
    for (const { app } of [world.vault]) app.get(Outbox).wake();
    await until(() => world.authorization.revoked.length === 1);
  });
});

const wakeUp = async (accountId: string) =>
  await world.rows.query({
    name: 'wake-up',
    text: 'update connections set next_attempt_at = null where account_id = $1',
    values: [accountId],
  });

describe('grants are kept', () => {
  test.each<[string, NonNullable<McpWorld['authorization']['tokenFailure']>]>([
    ['an outage with the name of a refused client', { status: 503, body: { error: 'invalid_client' } }],
    ['a limit with that name', { status: 429, body: { error: 'invalid_client' } }],
    [
      'a refusal that says when to come again',
      { status: 401, headers: { 'retry-after': '5' }, body: { error: 'invalid_client' } },
    ],
    [
      'the challenge of a gateway on the way',
      { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: {} },
    ],
  ])('in %s, and nothing is registered anew', async (_what, tokenFailure) => {
    const { tsid, accountId } = await signIn('alice');
    world.authorization.tokenFailure = tokenFailure;
    await world.expire(accountId);
    await expect(world.client.inject(tsid, 'notes')).rejects.toMatchObject({ code: 'provider_unavailable' });
    world.authorization.tokenFailure = undefined;
    await wakeUp(accountId);
    expect((await world.client.inject(tsid, 'notes')).accessToken).toMatch(/^access-alice-/);
    expect(world.authorization.registrations).toHaveLength(1);
  });

  test('while the row of the registered client does not open; with its key it does again', async () => {
    const { tsid, accountId } = await signIn('alice');
    const turn = async (from: string, to: string) =>
      await world.rows.query({
        name: `turn-${from}`,
        text: `update upstream_clients set client = overlay(client placing $1::bytea from 3 for 4)`,
        values: [Buffer.from(to)],
      });
    await turn('test', 'lost');
    await world.expire(accountId);
    await expect(world.client.inject(tsid, 'notes')).rejects.toMatchObject({ code: 'provider_unavailable' });
    const { connections } = await world.client.ask(connectionList, { accountId });
    expect(connections).toMatchObject([{ state: 'live' }]);
    await turn('lost', 'test');
    await wakeUp(accountId);
    expect((await world.client.inject(tsid, 'notes')).accessToken).toMatch(/^access-alice-/);
    expect(world.authorization.revoked).toEqual([]);
  });

  test('while the metadata of the backend is away, though its origin has that of an authorization server', async () => {
    const { tsid, accountId } = await signIn('alice');
    const { origin } = world.backend;
    world.backend.servedAt = 'nowhere';
    world.backend.challenge = 'Bearer';
    world.backend.bent = ({ url }, response) => {
      if (url.pathname !== '/.well-known/oauth-authorization-server') return 'as-usual';
      sendJson(response, 200, { issuer: origin });
      return 'answered';
    };
    // This is heard when somebody else begins.
    await expect(world.begin()).rejects.toMatchObject({ code: 'provider_misconfigured' });
    await world.expire(accountId);
    expect((await world.client.inject(tsid, 'notes')).accessToken).toMatch(/^access-alice-/);
  });
});

describe('a registration', () => {
  const change = async (assignments: string) => {
    await world.rows.query({
      name: `change-${sha256(assignments)}`,
      text: `update upstream_clients set ${assignments}`,
    });
  };

  test('is renewed before its secret expires; grants of the first client are refreshed as that one', async () => {
    const { tsid, accountId } = await signIn('alice');
    const [first] = world.authorization.presented;
    await change(
      `registered_at = now() - interval '1 hour', secret_expires_at = now() + interval '5 minutes'`,
    );
    const url = await world.begin();
    expect(world.authorization.registrations).toHaveLength(2);
    expect(url.searchParams.get('client_id')).not.toBe(first?.clientId);
    await world.expire(accountId);
    await world.client.inject(tsid, 'notes');
    expect(world.authorization.presented.at(-1)?.clientId).toBe(first?.clientId);
  });

  test('that cannot be renewed at this moment is used as long as it lives, and no longer', async () => {
    await world.begin();
    world.authorization.registration = { client_id: '' };
    await change(
      `registered_at = now() - interval '1 hour', secret_expires_at = now() + interval '5 minutes'`,
    );
    await world.begin();
    await change(`secret_expires_at = now() - interval '1 second'`);
    await expect(world.begin()).rejects.toMatchObject({ details: { provider: 'notes' } });
    world.authorization.registration = {};
    await world.begin();
  });

  test('that the server forgot is made anew, and its people get links: nobody is told to try again for ever', async () => {
    const [alice, bob] = [await signIn('alice'), await signIn('bob')];
    expect(world.authorization.registrations).toHaveLength(1);
    world.authorization.forgetClients();
    for (const { tsid, accountId } of [alice, bob]) {
      await world.expire(accountId);
      await expect(world.client.inject(tsid, 'notes')).rejects.toMatchObject({ code: 'reauth_required' });
    }
    const again = await signIn('alice');
    expect(world.authorization.registrations).toHaveLength(2);
    expect((await world.client.inject(again.tsid, 'notes')).accessToken).toMatch(/^access-alice-/);
  });

  test('that the server forgets during a sign-in is made anew for the next try', async () => {
    const reply = await world.client.leg(newAttemptId(), 'notes', async (url) => {
      const query = await world.asAtBackend('alice')(url);
      world.authorization.forgetClients();
      return query;
    });
    expect(reply).toMatchObject({ outcome: 'refused', reason: 'provider_error' });
    await signIn('alice');
    expect(world.authorization.registrations).toHaveLength(2);
  });
});
