import 'reflect-metadata';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '@gatehouse/testing/free-port';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { TestService } from '../testing/test-service.js';

let database: TestDatabase;
let nats: TestNats;
let service: TestService;

beforeAll(async () => {
  [database, nats] = await Promise.all([startTestDatabase('authorization-server'), startTestNats()]);
  service = await TestService.start({
    databaseUrl: database.url,
    port: await freePort(),
    log: new SilentLog(),
    busOf: nats.optionsOf,
  });
});

afterAll(async () => {
  await service.close();
  await nats.close();
  await database.close();
});

test('a sign-in from authorization request to token', async () => {
  const { answer, clientId } = await service.tokens('alice');
  expect(answer).toMatchObject({ status: 200, token_type: 'Bearer', scope: 'openid offline_access' });
  expect(decodeProtectedHeader(answer.access_token ?? '')).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
  const claims = decodeJwt(answer.access_token ?? '');
  const opened = service.vault.opened.at(-1);
  expect(claims).toMatchObject({
    iss: service.issuer,
    aud: service.config.resourceUrl,
    client_id: clientId,
    tsid: opened?.tsid,
    sub: opened?.accountId,
  });
  expect(opened?.providers).toEqual(['acme-sso', 'octo', 'wiki']);
  const refreshed = await service.refresh(clientId, answer.refresh_token ?? '');
  expect(refreshed.status).toBe(200);
  expect(decodeJwt(refreshed.access_token ?? '')['tsid']).toBe(opened?.tsid);
});
