import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { SessionStore } from '../sessions/session.store.js';
import { ManagedClients, METADATA, type Registered } from '../testing/managed-client.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import type { TestService } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;
let replica: TestService;
let clients: ManagedClients;

const log = new KeptLog();

shareWorld(
  () => startServiceWorld(log),
  async (started) => {
    ({ service } = world = started);
    replica = await world.startAnother({ issuer: service.issuer });
    clients = new ManagedClients(service, replica);
  },
);

describe('a client that registered manages its registration', () => {
  // RFC 7592, sections 2.1 and 3.
  test('it reads at any replica what it was told, by a client that nobody here wrote', async () => {
    const client = await openid.dynamicClientRegistration(
      new URL(service.issuer),
      { ...METADATA, token_endpoint_auth_method: 'client_secret_post' },
      undefined,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
      { execute: [openid.allowInsecureRequests] },
    );
    const told = client.clientMetadata();
    const { registration_access_token: token } = told as unknown as Registered;
    expect(told['registration_client_uri']).toBe(`${service.issuer}/oauth/register/${told.client_id}`);
    const { status, headers, answer } = await clients.manage('GET', told.client_id, { token });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer).toEqual(told);
  });

  // Section 2.2: what it says replaces what was registered.
  test('it changes it, and the other replica goes by that at once', async () => {
    const told = await clients.register({ client_uri: 'https://app.example/' });
    const { client_id: clientId, registration_access_token: token } = told;
    const elsewhere = 'http://127.0.0.1:7777/elsewhere';
    const body = { client_id: clientId, redirect_uris: [elsewhere], client_name: 'Another name' };
    const { status, answer } = await clients.manage('PUT', clientId, { token, body });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      ...body,
      client_id_issued_at: told['client_id_issued_at'],
      registration_access_token: token,
      registration_client_uri: told.registration_client_uri,
    });
    expect(answer).not.toHaveProperty('client_uri');
    expect(log.of('client-changed')).toEqual([{ clientId, clientName: 'Another name' }]);
    expect((await clients.manage('GET', clientId, { token, at: service })).answer).toEqual(answer);
    const { url } = service.authorizeUrl(clientId);
    expect((await service.browser().get(url)).status).toBe(400);
    const { url: now } = service.authorizeUrl(clientId, { redirect_uri: elsewhere });
    expect((await service.browser().get(now)).location).toContain('/sign-in/');
  });

  test('it keeps its secret over a change, and gets one when it needs one', async () => {
    const told = await clients.register({ token_endpoint_auth_method: 'client_secret_post' });
    const { client_id: clientId, registration_access_token: token, client_secret: secret } = told;
    const body = { ...METADATA, client_id: clientId, token_endpoint_auth_method: 'client_secret_basic' };
    const kept = await clients.manage('PUT', clientId, { token, body: { ...body, client_secret: secret } });
    expect([kept.status, kept.answer['client_secret']]).toEqual([200, secret]);
    const publicClient = await clients.register();
    const given = await clients.manage('PUT', publicClient.client_id, {
      token: publicClient.registration_access_token,
      body: { ...body, client_id: publicClient.client_id },
    });
    expect(given.answer).toMatchObject({ client_secret: expect.any(String), client_secret_expires_at: 0 });
  });

  test('its people stay signed in when it changes', async () => {
    const { client_id: clientId, registration_access_token: token } = await clients.register();
    const tokens = await clients.signedIn(clientId);
    await clients.manage('PUT', clientId, {
      token,
      body: { ...METADATA, client_id: clientId, client_name: 'New' },
    });
    expect((await replica.refresh(clientId, tokens.refresh_token ?? '')).status).toBe(200);
  });

  // Section 2.3.
  test('it deletes it, and every session and token of its people ends at both replicas', async () => {
    const { client_id: clientId, registration_access_token: token } = await clients.register();
    const [one, two] = [await clients.signedIn(clientId), await clients.signedIn(clientId)];
    const stays = await service.tokens('stays');
    expect((await clients.manage('DELETE', clientId, { token })).status).toBe(204);
    for (const at of [service, replica]) {
      for (const tokens of [one, two]) {
        expect((await at.refresh(clientId, tokens.refresh_token ?? '')).error).toBe('invalid_client');
        const info = await fetch(`${at.local}/oauth/userinfo`, {
          headers: { authorization: `Bearer ${tokens.access_token ?? ''}` },
        });
        expect(info.status).toBe(401);
        const tsid = String(decodeJwt(tokens.access_token ?? '')['tsid']);
        expect(await at.app.get(SessionStore).findOpen(tsid)).toBeUndefined();
      }
      expect((await clients.manage('GET', clientId, { token, at })).status).toBe(401);
    }
    const { rows } = await world.rows.query<{ left: string }>({
      name: 'left-of-client',
      text: `select (select count(*) from approvals where client_id = $1)
          + (select count(*) from oidc_records where payload->>'clientId' = $1 or payload->>'client_id' = $1) as left`,
      values: [clientId],
    });
    expect(Number(rows[0]?.left)).toBe(0);
    expect((await service.refresh(stays.clientId, stays.answer.refresh_token ?? '')).status).toBe(200);
  });

  test('pages of allowed origins may do so, and no others', async () => {
    const preflight = async (origin: string) =>
      await fetch(`${service.local}/oauth/register/x`, { method: 'OPTIONS', headers: { origin } });
    const allowed = await preflight('https://inspector.example');
    expect([allowed.status, allowed.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, PUT, DELETE',
    ]);
    expect((await preflight('https://evil.example')).status).toBe(403);
    const { client_id: clientId, registration_access_token: token } = await clients.register();
    const read = async (origin: string) =>
      (
        await fetch(`${service.local}/oauth/register/${clientId}`, {
          headers: { origin, authorization: `Bearer ${token}` },
        })
      ).headers.get('access-control-allow-origin');
    expect(await read('https://inspector.example')).toBe('https://inspector.example');
    expect(await read('https://evil.example')).toBeNull();
  });

  test('where registration is switched off, there is nothing to manage', async () => {
    const { client_id: clientId, registration_access_token: token } = await clients.register();
    const off = await world.startAnother({
      issuer: service.issuer,
      clientRegistration: { ...service.config.clientRegistration, dynamic: 'off' },
    });
    expect((await clients.manage('GET', clientId, { token, at: off })).status).toBe(404);
    await off.close();
  });
});
