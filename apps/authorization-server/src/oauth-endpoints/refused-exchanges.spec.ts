import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { decodeJwt } from 'jose';
import { asActor, ExchangeWorld, said, tokenIn } from '../testing/exchange-world.js';
import { ClientKey, postForm } from '../testing/proving-client.js';
import { shareWorld } from '../testing/service-world.js';
import { REDIRECT_URI } from '../testing/test-service.js';

/** What nobody gets who acts for a person (RFC 8693, section 2.2.2). */

let world: ExchangeWorld;
shareWorld(
  async () => await ExchangeWorld.start(),
  (started) => (world = started),
);

// RFC 8693, section 2.2.2.
describe('refused:', () => {
  test('a client that the configuration does not let, and one that registers', async () => {
    const subject = await world.signedIn('desk');
    expect(said(await world.exchange(subject, { as: 'robot' }))).toBe('400 unauthorized_client');
    const registered = (await world.service.post('/oauth/register', {
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', TOKEN_EXCHANGE_GRANT],
    })) as { readonly client_id: string; readonly grant_types: readonly string[] };
    expect(registered.grant_types).toEqual(['authorization_code']);
    const fields = {
      grant_type: TOKEN_EXCHANGE_GRANT,
      client_id: registered.client_id,
      subject_token: subject,
      subject_token_type: TOKEN_TYPES.access_token,
    };
    expect(said(await postForm(world.service, '/oauth/token', fields))).toBe('400 unauthorized_client');
    expect(
      said(
        await postForm(world.world.service, '/oauth/token', {
          ...fields,
          client_id: await world.world.service.register(),
        }),
      ),
    ).toBe('400 unsupported_grant_type');
  });

  test('people of a client for which it does not act', async () => {
    const { answer } = await world.service.tokens(world.nextPerson());
    expect(said(await world.exchange(answer.access_token ?? ''))).toBe('400 invalid_request');
    expect((await world.exchange(answer.access_token ?? '', { as: 'relay' })).status).toBe(200);
  });

  test.each<[string, (good: string) => Promise<string> | string]>([
    [
      'that has expired',
      async (good) => await world.forged(good, { exp: Math.floor(Date.now() / 1_000) - 3_600 }),
    ],
    ['of another issuer', async (good) => await world.forged(good, { iss: 'https://evil.example' })],
    ['for another audience', async (good) => await world.forged(good, { aud: 'https://evil.example/mcp' })],
    ['of a session that there is not', async (good) => await world.forged(good, { tsid: randomUUID() })],
    ['that is an id_token', async (good) => await world.forged(good, {}, 'JWT')],
    ['that was changed', (good) => `${good.slice(0, -4)}AAAA`],
    ['that is a client’s own', async () => await world.ownToken('agent')],
    ['that is no token', () => 'made-up'],
  ])('a token %s', async (_what, token) => {
    const good = await world.signedIn('desk');
    expect(said(await world.exchange(await token(good)))).toBe('400 invalid_request');
    expect((await world.exchange(good)).status).toBe(200);
  });

  test('more than the person’s token is for, and more than it holds', async () => {
    const part = await world.signedIn('desk', { resource: world.part });
    expect(said(await world.exchange(part, { change: { resource: world.whole } }))).toBe(
      '400 invalid_target',
    );
    expect((await world.exchange(part)).status).toBe(200);
    for (const scope of ['tickets:write', 'tickets:close', 'tickets:read tickets:write', 'made-up'])
      expect(said(await world.exchange(part, { change: { scope } }))).toBe('400 invalid_scope');
    const { body } = await world.exchange(part, { change: { scope: 'openid offline_access' } });
    expect(body).toMatchObject({ scope: 'tickets:read' });
    const third = { resource: `${world.whole}/views/support` };
    expect(said(await world.exchange(part, { change: third }))).toBe('400 invalid_target');
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['no subject', { subject_token: '' }, 'invalid_request'],
    ['no type of the subject', { subject_token_type: '' }, 'invalid_request'],
    ['an id_token as the subject', { subject_token_type: TOKEN_TYPES.id_token }, 'invalid_request'],
    ['an actor without a type', { actor_token: 'x' }, 'invalid_request'],
    ['a type of an actor that is not there', { actor_token_type: TOKEN_TYPES.jwt }, 'invalid_request'],
    ['another kind of token', { requested_token_type: TOKEN_TYPES.id_token }, 'invalid_request'],
    ['an audience', { audience: 'tickets' }, 'invalid_target'],
    ['no resource', { resource: '' }, 'invalid_target'],
    ['another server', { resource: 'https://elsewhere.example/mcp' }, 'invalid_target'],
  ])('a request with %s', async (_what, change, error) => {
    const subject = await world.signedIn('desk');
    expect(said(await world.exchange(subject, { change }))).toBe(`400 ${error}`);
  });

  test('an actor that is not allowed, is a person, or is nobody', async () => {
    const subject = await world.signedIn('desk');
    for (const token of [await world.ownToken('other-robot'), subject, 'made-up'])
      expect(said(await world.exchange(subject, { change: asActor(token) }))).toBe('400 invalid_request');
  });

  // RFC 9449, section 7.1.
  test('a person’s token that is bound to a key which the client has not', async () => {
    const htu = `${world.service.issuer}/oauth/token`;
    const key = await ClientKey.make();
    const bound = await world.signedIn('desk', { headers: { dpop: await key.proof(htu) } });
    expect(decodeJwt(bound)).toMatchObject({ cnf: { jkt: key.thumbprint } });
    const thief = await ClientKey.make();
    expect(said(await world.exchange(bound))).toBe('400 invalid_request');
    expect(said(await world.exchange(bound, { headers: { dpop: await thief.proof(htu) } }))).toBe(
      '400 invalid_request',
    );
    const held = await world.exchange(bound, { headers: { dpop: await key.proof(htu) } });
    expect(held.body['token_type']).toBe('DPoP');
    expect(decodeJwt(tokenIn(held))).toMatchObject({ cnf: { jkt: key.thumbprint } });
  });
});
