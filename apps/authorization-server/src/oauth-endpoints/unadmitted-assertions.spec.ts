import 'reflect-metadata';
import { afterEach, describe, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { AssertionWorld } from '../testing/assertion-world.js';
import { said } from '../testing/exchange-world.js';
import { shareWorld } from '../testing/service-world.js';

/** People whom an issuer asserts, and policies do not let in (docs/access.md). */

const INVALID = '400 invalid_grant';
const log = new KeptLog();
let world: AssertionWorld;
shareWorld(
  async () => await AssertionWorld.start(log),
  (started) => (world = started),
);
afterEach(() => {
  world.vault.verdict = { verdict: 'admitted' };
});

describe('whoever may not sign in is asserted in vain:', () => {
  const NO = { verdict: 'refused', reference: 'ref-of-the-vault' } as const;

  test('attack: a person whom no policy lets in gets no session, and an assertion of theirs ends the one that they have', async () => {
    const at = await world.another({ access: {} });
    const person = await world.member();
    const before = await world.sessions();
    world.vault.verdict = NO;
    const refused = await world.redeem(await world.assertion(person), { at });
    expect(said(refused)).toBe(INVALID);
    expect(JSON.stringify(refused.body)).not.toContain('ref-of-the-vault');
    expect(await world.sessions()).toBe(before);
    expect(log.of('assertion-not-admitted')[0]).toMatchObject({ reference: 'ref-of-the-vault' });

    world.vault.verdict = { verdict: 'admitted' };
    expect((await world.redeem(await world.assertion(person), { at })).status).toBe(200);
    expect(await world.sessions()).toBe(before + 1);
    world.vault.verdict = NO;
    expect(said(await world.redeem(await world.assertion(person), { at }))).toBe(INVALID);
    expect(await world.sessions()).toBe(before);
  });

  test('attack: nobody knows whether a person may sign in, and they get nothing', async () => {
    const at = await world.another({ access: {} });
    const person = await world.member();
    for (const [code, answer] of [
      ['connection_missing', INVALID],
      ['reauth_required', INVALID],
      ['provider_unavailable', '503 temporarily_unavailable'],
      ['provider_misconfigured', '500 server_error'],
    ] as const) {
      world.vault.verdict = code;
      expect(said(await world.redeem(await world.assertion(person), { at }))).toBe(answer);
    }
  });
});
