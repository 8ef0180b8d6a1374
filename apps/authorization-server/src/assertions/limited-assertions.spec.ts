import 'reflect-metadata';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { AssertionWorld, CLIENT, LIFESPAN_SECONDS } from '../testing/assertion-world.js';
import { basic, said, tokenIn } from '../testing/exchange-world.js';
import { postForm, type FormAnswer } from '../testing/proving-client.js';
import { shareWorld } from '../testing/service-world.js';
import type { TestService } from '../testing/test-service.js';

/** People who are asserted to a client with limits: two replicas, one with the limits of today and one with those of before. */

let world: AssertionWorld;
/** Before there were any. */
let wide: TestService;
/** With limits. */
let narrow: TestService;

shareWorld(
  async () => await AssertionWorld.start(),
  async (started) => {
    world = started;
    wide = started.service;
    const limits = {
      resources: [started.part],
      scopes: ['openid', 'tickets:read'],
      accessTokenLifespanMs: MINUTE_MS,
      refreshTokenLifespanMs: 2 * MINUTE_MS,
    };
    const { clientRegistration } = wide.config;
    const clients = clientRegistration.clients.map((client) =>
      client.clientId === CLIENT ? { ...client, limits } : client,
    );
    narrow = await started.another({ clientRegistration: { ...clientRegistration, clients } });
  },
);

const ALL = 'openid email tickets:read tickets:write';
const scopesOf = ({ scope }: Readonly<Record<string, unknown>>) => String(scope).split(' ').toSorted();
const tsidIn = (answer: FormAnswer) => decodeJwt(tokenIn(answer))['tsid'];

/** For the whole of the gateway, of which the part is one. */
const assertionOf = async (subject: string): Promise<string> =>
  await world.assertion(subject, { scope: ALL });

function expectLimited(answer: FormAnswer): void {
  expect([answer.status, answer.body['expires_in'], scopesOf(answer.body)]).toEqual([
    200,
    60,
    ['openid', 'tickets:read'],
  ]);
  const claims = decodeJwt(tokenIn(answer));
  expect([claims.aud, scopesOf(claims)]).toEqual([world.part, ['openid', 'tickets:read']]);
}

// RFC 7523, section 2.1. SEP-990.
describe('attack: a client presents an assertion for more than its limits say', () => {
  test('a resource and a scope are refused, and the assertion is good afterwards', async () => {
    const assertion = await assertionOf(await world.member());
    expect(said(await world.redeem(assertion, { at: narrow }))).toBe('400 invalid_target');
    const change = { resource: world.part, scope: 'tickets:write' };
    expect(said(await world.redeem(assertion, { at: narrow, change }))).toBe('400 invalid_scope');
    expectLimited(await world.redeem(assertion, { at: narrow, change: { resource: world.part } }));
  });

  test('its token ends with the limits, and so does the session, however long others are', async () => {
    const assertion = await assertionOf(await world.member());
    const answer = await world.redeem(assertion, { at: narrow, change: { resource: world.part } });
    const { rows } = await world.world.rows.query<{ seconds: number }>({
      name: 'limited-asserted-session',
      text: 'select extract(epoch from expires_at - used_at)::int as seconds from sessions where tsid = $1',
      values: [tsidIn(answer)],
    });
    expect(rows).toEqual([{ seconds: 120 }]);
  });
});

describe('attack: limits that became narrower are got around by what was asserted before', () => {
  test('a session that another assertion began gives no more than they say now', async () => {
    const subject = await world.member();
    const before = await world.redeem(await assertionOf(subject));
    expect([before.body['expires_in'], scopesOf(before.body)]).toEqual([
      LIFESPAN_SECONDS,
      ALL.split(' ').toSorted(),
    ]);
    expect(said(await world.redeem(await assertionOf(subject), { at: narrow }))).toBe('400 invalid_target');
    const change = { resource: world.part };
    const now = await world.redeem(await assertionOf(subject), { at: narrow, change });
    expectLimited(now);
    expect(tsidIn(now)).toBe(tsidIn(before));
  });

  test('a token from before is none for what they leave out, and holds no more than they say', async () => {
    const subject = await world.member();
    const forWhole = await world.redeem(await assertionOf(subject));
    const forPart = await world.redeem(await assertionOf(subject), { change: { resource: world.part } });
    const about = async (answer: FormAnswer) =>
      (await postForm(narrow, '/oauth/introspect', { token: tokenIn(answer) }, basic(CLIENT))).body;
    expect(await about(forWhole)).toEqual({ active: false });
    const left = await about(forPart);
    expect([left['active'], scopesOf(left)]).toEqual([true, ['openid', 'tickets:read']]);
  });
});
