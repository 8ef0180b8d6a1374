import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { MAX_ACTORS } from '@gatehouse/config/model/client-grants';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import {
  asActor,
  basic,
  ExchangeWorld,
  LIFESPAN_SECONDS,
  said,
  SECRET,
  tokenIn,
} from '../testing/exchange-world.js';
import { postForm } from '../testing/proving-client.js';
import { shareWorld } from '../testing/service-world.js';

/** Clients that act for people (RFC 8693). */

let world: ExchangeWorld;
shareWorld(
  async () => await ExchangeWorld.start(),
  (started) => (world = started),
);

// RFC 8693, sections 2.1, 2.2.1 and 4.1.
describe('a client that acts for a person', () => {
  test('gets a token with less in it, of the same session, that says who acts; by a client that nobody here wrote', async () => {
    const subject = await world.signedIn('desk', {
      scope: 'openid offline_access tickets:read tickets:close',
    });
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it for anything but local tests
    const insecure = { execute: [openid.allowInsecureRequests] };
    const auth = openid.ClientSecretBasic(SECRET);
    const known = await openid.discovery(new URL(world.service.issuer), 'agent', undefined, auth, insecure);
    expect(known.serverMetadata().grant_types_supported).toContain(TOKEN_EXCHANGE_GRANT);
    const answer = await openid.genericGrantRequest(known, TOKEN_EXCHANGE_GRANT, {
      subject_token: subject,
      subject_token_type: TOKEN_TYPES.access_token,
      resource: world.part,
    });
    expect(answer).toMatchObject({
      issued_token_type: TOKEN_TYPES.access_token,
      token_type: 'bearer',
      scope: 'tickets:read',
      expires_in: LIFESPAN_SECONDS,
    });
    expect(answer).not.toHaveProperty('refresh_token');
    const [before, after] = [decodeJwt(subject), decodeJwt(answer.access_token)];
    expect(after).toMatchObject({
      sub: before.sub,
      tsid: before['tsid'],
      aud: world.part,
      client_id: 'agent',
      scope: 'tickets:read',
      act: { sub: 'agent' },
    });
    expect(after.jti).not.toBe(before.jti);
  });

  test('gets none that lives longer than the one that it presents, at each replica', async () => {
    const subject = await world.signedIn('desk');
    for (const at of [world.service, world.replica]) {
      const { exp = 0 } = decodeJwt(tokenIn(await world.exchange(subject, { as: 'relay', at })));
      expect(exp).toBeLessThanOrEqual(decodeJwt(subject).exp ?? 0);
    }
  });

  test('may name another client as the actor, by a token of its own', async () => {
    const subject = await world.signedIn('desk');
    const change = asActor(await world.ownToken('robot'));
    const claims = decodeJwt(tokenIn(await world.exchange(subject, { change })));
    expect(claims).toMatchObject({ client_id: 'agent', act: { sub: 'robot' } });
    const itself = asActor(await world.ownToken('agent'));
    expect(decodeJwt(tokenIn(await world.exchange(subject, { change: itself })))).toMatchObject({
      act: { sub: 'agent' },
    });
  });

  test('may act for another one that acts, and each stands behind the next, up to a bound', async () => {
    let token = await world.signedIn('desk');
    for (let actors = 1; actors <= MAX_ACTORS; actors += 1) {
      token = tokenIn(await world.exchange(token, { as: actors === 1 ? 'agent' : 'relay' }));
      expect(JSON.stringify(decodeJwt(token)['act']).split('"sub"')).toHaveLength(actors + 1);
    }
    expect(decodeJwt(token)['act']).toMatchObject({ sub: 'relay', act: { sub: 'relay' } });
    expect(said(await world.exchange(token, { as: 'relay' }))).toBe('400 invalid_request');
  });

  // Section 4.4.
  test('has to be the one whom the person’s client names, where it names one', async () => {
    const subject = await world.signedIn('guarded');
    expect(decodeJwt(subject)['may_act']).toEqual({ sub: 'robot' });
    expect(said(await world.exchange(subject))).toBe('400 invalid_request');
    const change = asActor(await world.ownToken('robot'));
    expect((await world.exchange(subject, { change })).status).toBe(200);
  });

  test('attack: somebody else whom the person’s client did not name acts for them by way of the one whom it did', async () => {
    const change = asActor(await world.ownToken('robot'));
    const delegated = tokenIn(await world.exchange(await world.signedIn('guarded'), { change }));
    expect(said(await world.exchange(delegated, { as: 'relay' }))).toBe('400 invalid_request');
  });

  test('is over when the person’s session is, at each replica, and for what it got before', async () => {
    const subject = await world.signedIn('desk');
    const delegated = tokenIn(await world.exchange(subject));
    const active = async () =>
      (await postForm(world.replica, '/oauth/introspect', { token: delegated }, basic('agent'))).body[
        'active'
      ];
    expect(await active()).toBe(true);
    expect((await postForm(world.service, '/oauth/revoke', { token: subject }, basic('desk'))).status).toBe(
      200,
    );
    expect(await active()).toBe(false);
    for (const at of [world.service, world.replica])
      expect(said(await world.exchange(subject, { at }))).toBe('400 invalid_request');
    expect(said(await world.exchange(delegated, { as: 'relay' }))).toBe('400 invalid_request');
  });
});

describe('whoever acts for a person does no more than that:', () => {
  test('they do not sign the person out', async () => {
    const subject = await world.signedIn('desk');
    const delegated = tokenIn(await world.exchange(subject));
    expect(said(await postForm(world.service, '/oauth/revoke', { token: delegated }, basic('agent')))).toBe(
      '400 unsupported_token_type',
    );
    expect((await world.exchange(subject)).status).toBe(200);
  });

  test('they do not learn who the person is', async () => {
    const subject = await world.signedIn('desk', { scope: 'openid profile tickets:read' });
    const delegated = tokenIn(await world.exchange(subject));
    const told = await fetch(`${world.service.local}/oauth/userinfo`, {
      headers: { authorization: `Bearer ${delegated}` },
    });
    expect(told.status).toBe(403);
    expect(await told.text()).not.toContain('delegating-');
  });
});
