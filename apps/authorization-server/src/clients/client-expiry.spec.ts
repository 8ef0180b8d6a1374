import 'reflect-metadata';
import { sha256 } from '@gatehouse/kernel/digest';
import { HOUR_MS } from '@gatehouse/kernel/durations';
import { newSessionId, type AccountId } from '@gatehouse/kernel/ids';
import { makeRoom } from '@gatehouse/persistence/room';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Housekeeping } from '../housekeeping/housekeeping.job.js';
import { SessionStore } from '../sessions/session.store.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import type { TestService } from '../testing/test-service.js';
import { EXPENDABLE_CLIENTS } from './client-expiry.store.js';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;

shareWorld(startServiceWorld, async (started) => {
  ({ service } = world = started);
  const { clientRegistration } = service.config;
  replica = await world.startAnother({
    issuer: service.issuer,
    clientRegistration: { ...clientRegistration, unusedClientLifespanMs: 2 * HOUR_MS },
  });
});

async function age(clientId: string, hours: number): Promise<void> {
  await world.rows.query({
    name: 'age-client',
    text: `update oidc_records set created_at = created_at - $2 * interval '1 hour', begun_at = begun_at - $2 * interval '1 hour'
      where model = 'Client' and id = $1`,
    values: [sha256(clientId), hours],
  });
}

async function isThere(clientId: string): Promise<boolean> {
  const { rows } = await world.rows.query({
    name: 'client-there',
    text: `select id from oidc_records where model = 'Client' and id = $1`,
    values: [sha256(clientId)],
  });
  return rows.length > 0;
}

const sweep = async (): Promise<void> => {
  await replica.app.get(Housekeeping).sweep();
};

async function remove(table: 'approvals' | 'sessions', clientId: string): Promise<void> {
  const text = `delete from ${table} where client_id = $1`;
  await world.rows.query({ name: `remove-${table}`, text, values: [clientId] });
}

/** An account, for sessions that are opened without a browser. */
const newAccount = async (): Promise<AccountId> =>
  String(decodeJwt((await service.tokens('races')).answer.access_token ?? '').sub) as AccountId;

describe('a registration with which nobody has signed in', () => {
  test('ends after the time that is configured, and not before; its token ends with it', async () => {
    const young = await service.register();
    const response = await fetch(`${service.local}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: ['http://127.0.0.1:7777/callback'], client_name: 'Old' }),
    });
    const old = (await response.json()) as Readonly<Record<string, string>>;
    await age(young, 1);
    await age(old['client_id'] ?? '', 3);
    await sweep();
    expect([await isThere(young), await isThere(old['client_id'] ?? '')]).toEqual([true, false]);
    // RFC 7592, section 2.1.
    const authorization = `Bearer ${old['registration_access_token'] ?? ''}`;
    const read = await fetch(`${service.local}/oauth/register/${old['client_id'] ?? ''}`, {
      headers: { authorization },
    });
    expect(read.status).toBe(401);
    // RFC 6749, section 5.2.
    expect((await service.refresh(old['client_id'] ?? '', 'x')).error).toBe('invalid_client');
  });

  // RFC 7591, section 3.2.1.
  test('is said to expire nowhere: the secret of one does not, and a client without one has no time for it', async () => {
    const redirects = { redirect_uris: ['http://127.0.0.1:7777/callback'] };
    const confidential = await service.post('/oauth/register', {
      ...redirects,
      token_endpoint_auth_method: 'client_secret_basic',
    });
    expect(confidential).toMatchObject({ client_secret_expires_at: 0 });
    expect(await service.post('/oauth/register', redirects)).not.toHaveProperty('client_secret_expires_at');
  });

  test('stays once somebody has, also when nothing is left of that', async () => {
    const { clientId, answer } = await service.tokens('uses-it');
    await age(clientId, 10_000);
    await sweep();
    expect((await replica.refresh(clientId, answer.refresh_token ?? '')).status).toBe(200);
    await remove('approvals', clientId);
    await remove('sessions', clientId);
    await sweep();
    expect(await isThere(clientId)).toBe(true);
  });

  test('a sign-in that has begun goes on, whichever replica sweeps meanwhile', async () => {
    const clientId = await service.register();
    await age(clientId, 3);
    const browser = service.browser();
    const { url, verifier } = service.authorizeUrl(clientId);
    const page = await browser.follow(await browser.get(url));
    expect(page.status).toBe(200);
    await sweep();
    const result = await service.signIn(browser, url, 'first');
    await sweep();
    expect((await service.redeem(clientId, result.get('code') ?? '', verifier)).status).toBe(200);
  });

  test('and ends where the sign-in was begun and given up', async () => {
    const clientId = await service.register();
    const browser = service.browser();
    await browser.follow(await browser.get(service.authorizeUrl(clientId).url));
    await age(clientId, 23);
    await sweep();
    expect(await isThere(clientId)).toBe(true);
    await age(clientId, 2);
    await sweep();
    expect(await isThere(clientId)).toBe(false);
  });

  test('what is pushed keeps it as well', async () => {
    const clientId = await service.register();
    await age(clientId, 3);
    const { url } = service.authorizeUrl(clientId);
    const pushed = await fetch(`${service.local}/oauth/par`, {
      method: 'POST',
      body: new URL(url).searchParams,
    });
    expect(pushed.status).toBe(201);
    await sweep();
    expect(await isThere(clientId)).toBe(true);
  });

  test('and is swept while somebody signs in, at another replica: either it stays, or no session is open', async () => {
    const accountId = await newAccount();
    const sessions = service.app.get(SessionStore);
    for (let round = 0; round < 5; round += 1) {
      const clients = await Promise.all(Array.from({ length: 4 }, () => service.register()));
      for (const clientId of clients) await age(clientId, 3);
      const opened = clients.map((clientId) => ({ clientId, tsid: newSessionId() }));
      await Promise.all([
        sweep(),
        ...opened.map(async ({ clientId, tsid }) => {
          await sessions.open({ tsid, accountId, clientId, clientName: 'Test Client' });
        }),
      ]);
      for (const { clientId, tsid } of opened)
        expect((await sessions.findOpen(tsid)) !== undefined).toBe(await isThere(clientId));
    }
  });

  test('room is made while somebody begins to sign in: either it stays, or the sign-in does not begin', async () => {
    for (let round = 0; round < 4; round += 1) {
      const clients = await Promise.all(Array.from({ length: 4 }, () => service.register()));
      for (const clientId of clients) await age(clientId, 3);
      const [, ...pages] = await Promise.all([
        makeRoom(world.rows, { ...EXPENDABLE_CLIENTS, maxBytes: 0 }),
        ...clients.map(async (clientId) => {
          const browser = service.browser();
          const page = await browser.follow(await browser.get(service.authorizeUrl(clientId).url));
          return { clientId, hasBegun: page.status === 200 };
        }),
      ]);
      for (const { clientId, hasBegun } of pages) expect(await isThere(clientId)).toBe(hasBegun);
    }
  });
});
