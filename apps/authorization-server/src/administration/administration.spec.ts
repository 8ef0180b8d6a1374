import { beforeEach, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { newSessionId, type AccountId } from '@gatehouse/kernel/ids';
import { decodeJwt } from 'jose';
import { ApprovalStore } from '../consent/approval.store.js';
import { SessionStore } from '../sessions/session.store.js';
import { AdministrationWorld } from '../testing/administration-world.js';
import { shareWorld } from '../testing/service-world.js';
import { OPERATIONS, type Operation } from './operations.js';

let api: AdministrationWorld;
let token: string;

shareWorld(
  () => AdministrationWorld.start(),
  (started) => (api = started),
);
beforeEach(async () => {
  token = await api.token();
});

const items = (body: Readonly<Record<string, unknown>>) => body['items'] as Record<string, unknown>[];

/** Every page, each of one entry. */
async function pages(path: string, member: string): Promise<unknown[]> {
  const found: unknown[] = [];
  let after: string | undefined;
  do {
    const query = after === undefined ? 'limit=1' : `limit=1&after=${encodeURIComponent(after)}`;
    const { status, body } = await api.call(`${path}${path.includes('?') ? '&' : '?'}${query}`, { token });
    expect(status).toBe(200);
    expect(items(body).length).toBeLessThanOrEqual(1);
    found.push(...items(body).map((item) => item[member]));
    after = (body['next'] as string | null) ?? undefined;
  } while (after !== undefined);
  return found;
}

describe('the document', () => {
  test('is OpenAPI 3.1, has each operation once, and needs no token; nor does the metadata of the resource', async () => {
    const { status, body } = await api.call('/openapi.json');
    expect(status).toBe(200);
    const validated = await new Validator().validate({ ...body });
    expect(validated).toMatchObject({ valid: true });
    const paths = body['paths'] as Record<string, Record<string, { operationId: string }>>;
    expect(body['openapi']).toMatch(/^3\.1\./);
    for (const [id, { path, method }] of Object.entries<Operation>(OPERATIONS))
      expect(paths[path]?.[method.toLowerCase()]?.operationId).toBe(id);
    // RFC 9728, section 2.
    expect((await api.call('/.well-known/oauth-protected-resource')).body).toMatchObject({
      resource: api.url,
      authorization_servers: [api.service.issuer],
      scopes_supported: ['gatehouse:admin'],
    });
  });
});

describe('accounts', () => {
  test('are listed page by page, at each replica, and read', async () => {
    const [ada, bob] = [await api.signedIn('page-ada'), await api.signedIn('page-bob')];
    const listed = await pages('/accounts', 'account');
    expect(listed).toEqual([...listed].sort());
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining([ada.account, bob.account]));
    const read = await api.call(`/accounts/${ada.account}`, { token, at: api.replica });
    expect(read.body).toMatchObject({ account: ada.account, name: 'Name of acme-sso.example-page-ada' });
  });

  test('are exported with all that they own, and with no token, secret or session id', async () => {
    const ada = await api.signedIn('export-ada');
    const { status, body } = await api.call(`/accounts/${ada.account}/export`, { token });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      account: { account: ada.account },
      identities: [
        { provider: 'acme-sso', subject: 'acme-sso.example-export-ada' },
        { provider: 'octo' },
        { provider: 'wiki' },
      ],
      approvals: [{ client: ada.clientId }],
      sessions: [{ client: { id: ada.clientId }, closedAt: null }],
    });
    expect(body['connections']).toHaveLength(3);
    const text = JSON.stringify(body);
    for (const secret of [ada.tsid, ada.refreshToken, 'sealed']) expect(text).not.toContain(secret);
  });

  test('are deleted at one replica with all that they own: gone at the other one, in the vault, and at the client', async () => {
    const [ada, bob] = [await api.signedIn('delete-ada'), await api.signedIn('delete-bob')];
    const browser = api.service.browser();
    await api.service.tokens('delete-ada', browser);
    expect(
      (await api.call(`/accounts/${ada.account}`, { method: 'DELETE', token, at: api.replica })).status,
    ).toBe(204);
    expect((await api.call(`/accounts/${ada.account}`, { token })).status).toBe(404);
    expect((await api.call(`/accounts/${ada.account}/export`, { token })).status).toBe(404);
    expect((await api.service.refresh(ada.clientId, ada.refreshToken)).status).toBe(400);
    expect(api.service.vault.closed).toContain(ada.tsid);
    expect([...api.service.vault.connections].filter((one) => one.startsWith(ada.account))).toEqual([]);
    for (const table of ['identities', 'approvals', 'sessions']) {
      const { rowCount } = await api.world.rows.query({
        name: `spec-left-in-${table}`,
        text: `select from ${table} where account_id = $1`,
        values: [ada.account],
      });
      expect(rowCount).toBe(0);
    }
    const { rowCount } = await api.world.rows.query({
      name: 'spec-left-records',
      text: 'select from oidc_records where payload::text like $1',
      values: [`%${ada.account}%`],
    });
    expect(rowCount).toBe(0);
    // Nobody else lost anything.
    expect((await api.service.refresh(bob.clientId, bob.refreshToken)).status).toBe(200);
    expect((await api.call(`/accounts/${ada.account}`, { method: 'DELETE', token })).status).toBe(404);
    // The person may come again, as somebody new; the browser of before does not bring the account back.
    const { account } = await api.signedIn('delete-ada');
    expect(account).not.toBe(ada.account);
    const again = await api.service.tokens('delete-ada', browser);
    expect(decodeJwt(again.answer.access_token ?? '').sub).toBe(account);
  });

  test('are deleted once, by two replicas at once', async () => {
    const ada = await api.signedIn('twice-ada');
    const answers = await Promise.all(
      [api.service, api.replica].map((at) =>
        api.call(`/accounts/${ada.account}`, { method: 'DELETE', token, at }),
      ),
    );
    for (const { status } of answers) expect([204, 404]).toContain(status);
    expect(answers.map(({ status }) => status)).toContain(204);
    expect((await api.call(`/accounts/${ada.account}`, { token })).status).toBe(404);
  });

  test('what a sign-in under way gave an account that is gone is ended by asking once more', async () => {
    const ada = await api.signedIn('late-ada');
    const path = `/accounts/${ada.account}`;
    expect((await api.call(path, { method: 'DELETE', token })).status).toBe(204);
    api.service.vault.connections.add(`${ada.account} octo`);
    expect((await api.call(path, { method: 'DELETE', token })).status).toBe(204);
    expect([...api.service.vault.connections].filter((one) => one.startsWith(ada.account))).toEqual([]);
    expect((await api.call(path, { method: 'DELETE', token })).status).toBe(404);
  });
});

describe('providers', () => {
  test('are listed and read as the vault has them', async () => {
    api.service.vault.health = [
      { provider: 'acme-sso', state: 'unknown' },
      {
        provider: 'octo',
        state: 'unavailable',
        sinceMs: 2_000,
        answeredAtMs: 1_000,
        failure: { atMs: 3_000, kind: 'http_error', status: 503 },
      },
    ];
    const octo = {
      provider: 'octo',
      state: 'unavailable',
      since: '1970-01-01T00:00:02.000Z',
      answeredAt: '1970-01-01T00:00:01.000Z',
      failure: { at: '1970-01-01T00:00:03.000Z', kind: 'http_error', status: 503 },
    };
    const nothing = { since: null, answeredAt: null, failure: null };
    expect((await api.call('/providers', { token, at: api.replica })).body).toEqual({
      items: [{ provider: 'acme-sso', state: 'unknown', ...nothing }, octo],
    });
    expect((await api.call('/providers/octo', { token })).body).toEqual(octo);
    expect((await api.call('/providers/nobody', { token })).status).toBe(404);
    expect((await api.call('/providers', { token, method: 'DELETE' })).status).toBe(405);
  });
});

describe('sessions, connections and clients', () => {
  test('sessions are listed by their digests, and ended at the other replica', async () => {
    const ada = await api.signedIn('session-ada');
    const [digest] = await pages(`/sessions?account=${ada.account}`, 'session');
    expect(String(digest)).toMatch(/^[0-9a-f]{64}$/);
    const path = `/sessions/${String(digest)}`;
    expect((await api.call(path, { token })).body).toMatchObject({ account: ada.account, closedAt: null });
    expect((await api.call(path, { method: 'DELETE', token, at: api.replica })).status).toBe(204);
    expect((await api.call(path, { token })).body).toMatchObject({ closeReason: 'revoked' });
    expect((await api.call(path, { method: 'DELETE', token })).status).toBe(404);
    expect((await api.service.refresh(ada.clientId, ada.refreshToken)).status).toBe(400);
  });

  test('connections of an account are listed, read, and ended one by one', async () => {
    const ada = await api.signedIn('connection-ada');
    const base = `/accounts/${ada.account}/connections`;
    expect(
      items((await api.call(base, { token })).body)
        .map(({ provider }) => provider)
        .sort(),
    ).toEqual(['acme-sso', 'octo', 'wiki']);
    expect((await api.call(`${base}/octo`, { token })).body).toMatchObject({
      provider: 'octo',
      state: 'live',
    });
    expect((await api.call(`${base}/octo`, { method: 'DELETE', token })).status).toBe(204);
    expect((await api.call(`${base}/octo`, { token })).status).toBe(404);
    expect((await api.call(`${base}/octo`, { method: 'DELETE', token })).status).toBe(404);
  });

  test('clients are listed, read and forgotten with their sessions; those of the configuration stay', async () => {
    const ada = await api.signedIn('client-ada');
    const listed = await pages('/clients', 'client');
    expect(listed).toEqual(expect.arrayContaining([ada.clientId, 'operations', 'report']));
    expect(new Set(listed).size).toBe(listed.length);
    const path = `/clients/${ada.clientId}`;
    expect((await api.call(path, { token })).body).toMatchObject({
      kind: 'registered',
      sessions: 1,
      people: 1,
    });
    expect((await api.call(path, { method: 'DELETE', token, at: api.replica })).status).toBe(204);
    expect((await api.call(path, { method: 'DELETE', token })).body).not.toMatchObject({
      kind: 'registered',
    });
    expect((await api.service.refresh(ada.clientId, ada.refreshToken)).status).toBeGreaterThanOrEqual(400);
    const kept = await api.call('/clients/operations', { method: 'DELETE', token });
    expect(kept).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });

  test('a client is deleted whole or not at all: if its sessions cannot be ended, it is still there', async () => {
    const ada = await api.signedIn('whole-ada');
    const path = `/clients/${ada.clientId}`;
    await api.world.rows.query({
      name: 'spec-sessions-stay',
      text: `alter table sessions add constraint spec_stays check (client_id <> '${ada.clientId}' or closed_at is null)`,
    });
    try {
      expect((await api.call(path, { method: 'DELETE', token })).status).toBe(500);
    } finally {
      await api.world.rows.query({
        name: 'spec-sessions-may-end',
        text: 'alter table sessions drop constraint spec_stays',
      });
    }
    expect((await api.call(path, { token })).body).toMatchObject({
      kind: 'registered',
      sessions: 1,
      people: 1,
    });
    expect((await api.call(path, { method: 'DELETE', token })).status).toBe(204);
    expect((await api.call(`/sessions?account=${ada.account}`, { token })).body).toMatchObject({ items: [] });
    expect((await api.service.refresh(ada.clientId, ada.refreshToken)).status).toBeGreaterThanOrEqual(400);
  });

  test('what somebody approves of a client while it is deleted does not stay', async () => {
    const ada = await api.signedIn('approving-ada');
    expect((await api.call(`/clients/${ada.clientId}`, { method: 'DELETE', token })).status).toBe(204);
    const [tsid, accountId] = [newSessionId(), ada.account as AccountId];
    const session = { tsid, accountId, clientId: ada.clientId, clientName: 'Test Client' };
    await api.replica.app.get(SessionStore).open(session);
    await api.replica.app.get(ApprovalStore).approve(session, 'fingerprint');
    expect((await api.call(`/accounts/${ada.account}/export`, { token })).body).toMatchObject({
      approvals: [],
    });
  });
});
