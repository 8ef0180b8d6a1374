import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { listen, type Listening } from '../http/listen.js';
import { sendJson } from '../http/messages.js';
import { basic, postForm, TestWorld } from '../testing/test-world.js';

let gateway: Listening;
let gatewayIssuer: string;
let gatewayKey: CryptoKey;
let strangerKey: CryptoKey;
let world: TestWorld;

beforeAll(async () => {
  gateway = await listen('gateway', '127.0.0.1', 0);
  gatewayIssuer = `http://127.0.0.1:${gateway.port}`;
  const pair = await generateKeyPair('EdDSA');
  gatewayKey = pair.privateKey;
  strangerKey = (await generateKeyPair('EdDSA')).privateKey;
  const keys = [{ ...(await exportJWK(pair.publicKey)), alg: 'EdDSA', use: 'sig' }];
  gateway.serve((request, response) => {
    const metadata = { issuer: gatewayIssuer, jwks_uri: `${gatewayIssuer}/keys` };
    if (request.url === '/keys') sendJson(response, 200, { keys });
    else sendJson(response, request.url === '/.well-known/oauth-authorization-server' ? 200 : 404, metadata);
  });
  world = await TestWorld.start('--only', 'acme-sso,sts', '--gateway-issuer', gatewayIssuer);
});
afterAll(async () => {
  await world.close();
  await gateway.close();
});

const gatewayToken = (key: CryptoKey, typ: string, issuer = gatewayIssuer): Promise<string> =>
  new SignJWT({ act: { sub: 'an-agent' } })
    .setProtectedHeader({ alg: 'EdDSA', typ })
    .setIssuer(issuer)
    .setSubject('account-7')
    .setAudience('http://gateway.example/mcp')
    .setExpirationTime('1m')
    .sign(key);

describe('subject tokens', () => {
  test('an Acme access token becomes a token for tickets that says who it is about and who acts', async () => {
    const { access_token: subject } = await world.signIn('acme-sso', 'alice');
    const { status, body } = await world.exchange({
      subject_token: subject,
      audience: 'tickets',
      scope: 'tickets:read',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 120,
      scope: 'tickets:read',
    });
    expect(decodeJwt(String(body['access_token']))).toMatchObject({
      iss: world.urls.sts,
      sub: 'acme-alice',
      aud: 'tickets',
      scope: 'tickets:read',
      act: { sub: 'gatehouse-exchange' },
    });
  });

  test("the gateway's own token is taken by its issuer's published keys, and its actor is kept", async () => {
    const subject = await gatewayToken(gatewayKey, 'at+jwt');
    const { body } = await world.exchange({ subject_token: subject, audience: 'tickets-self' });
    expect(decodeJwt(String(body['access_token']))).toMatchObject({
      sub: 'account-7',
      aud: 'tickets-self',
      act: { sub: 'gatehouse-exchange', act: { sub: 'an-agent' } },
    });
  });

  test('refuses a token signed by a stranger, of an unknown issuer, of another type, ended, or no token at all', async () => {
    const signIn = await world.signIn('acme-sso', 'alice');
    const refused = async (subject: string): Promise<void> => {
      const { status, body } = await world.exchange({ subject_token: subject, audience: 'tickets' });
      expect([status, body['error']]).toEqual([400, 'invalid_grant']);
    };
    await refused(await gatewayToken(strangerKey, 'at+jwt'));
    await refused(await gatewayToken(gatewayKey, 'at+jwt', 'https://elsewhere.example'));
    await refused(await gatewayToken(gatewayKey, 'JWT'));
    await refused(signIn.id_token ?? '');
    await refused('not-a-token');
    await world.control('/expire', { part: 'acme-sso' });
    await refused(signIn.access_token);
  });
});

test('a target that is not served, and an unauthenticated client, get their own errors', async () => {
  const { access_token: subject } = await world.signIn('acme-sso', 'alice');
  const elsewhere = await world.exchange({ subject_token: subject, audience: 'payroll' });
  expect(elsewhere.body['error']).toBe('invalid_target');
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: subject };
  const stranger = await postForm(`${world.urls.sts}/token`, basic('gatehouse-exchange', 'guess'), form);
  expect([stranger.status, stranger.body['error']]).toEqual([401, 'invalid_client']);
});

test("an exchange while the issuer's keys cannot be fetched is a matter of time, not of the token", async () => {
  const lonely = await TestWorld.start('--only', 'acme-sso,sts');
  const { access_token: subject } = await lonely.signIn('acme-sso', 'alice');
  await lonely.control('/faults', { part: 'acme-sso', endpoint: 'jwks', mode: 'status500', times: 1 });
  const form = { subject_token: subject, audience: 'tickets' };
  expect((await lonely.exchange(form)).body['error']).toBe('temporarily_unavailable');
  expect((await lonely.exchange(form)).status).toBe(200);
  await lonely.close();
});
