import { isStorableText } from '@gatehouse/kernel/storable-text';
import { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { newAccountId, newAttemptId, newSessionId } from '@gatehouse/kernel/ids';
import { nastyText } from '@gatehouse/testing/nasty-text';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { send } from '../testing/stub-provider.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

let world: VaultWorld;

beforeAll(async () => {
  world = await startVaultWorld();
});

beforeEach(async () => {
  world.stub.reset();
  await world.clearLegs();
});

afterAll(() => world.close());

const leg = async (provider: 'acme' | 'octo') =>
  await world.client.leg(newAttemptId(), provider, world.as('alice'));

/** What a plain OAuth 2 provider says of its user. */
const userInfo = (info: object): void => {
  world.stub.misbehave.set('userinfo', (_request, response) => send(response, 200, info));
};

const tokenAnswer = (more: object): void => {
  world.stub.misbehave.set('token', (_request, response) =>
    send(response, 200, { access_token: 'a', token_type: 'Bearer', ...more }),
  );
};

test('whatever a provider says of its user, the leg is completed or refused, and is no failure of ours (500 by NUL)', async () => {
  await fc.assert(
    fc.asyncProperty(nastyText(), fc.constantFrom('acme', 'octo'), async (text, provider) => {
      world.stub.claims = { name: text, email: text, preferred_username: text };
      userInfo({ id: 'stub-alice', sub: 'stub-alice', name: text, email: text });
      const named = await leg(provider);
      expect(named).toMatchObject({ outcome: 'completed', identity: { subject: 'stub-alice' } });
      world.stub.claims = { sub: text };
      userInfo({ id: text });
      const reply = await leg(provider);
      const isUsable = text !== '' && text.length <= 512 && isStorableText(text);
      if (isUsable) expect(reply).toMatchObject({ outcome: 'completed', identity: { subject: text } });
      else expect(reply).toMatchObject({ outcome: 'refused', reason: 'invalid_response' });
    }),
    { numRuns: 60 },
  );
}, 120_000);

test('a long name that is cut through a character stays text', async () => {
  userInfo({ id: 'stub-alice', name: `${'x'.repeat(511)}😀` });
  const reply = await leg('octo');
  expect(reply.outcome === 'completed' && reply.identity.name?.isWellFormed()).toBe(true);
});

describe('a token answer', () => {
  test.each(['\0', 'repo \0 user', 'repo \ud800', `repo ${'x'.repeat(100_000)}`])(
    'with a scope that cannot be kept leaves the others, and the user signed in: %j',
    async (scope) => {
      tokenAnswer({ scope });
      userInfo({ id: 'stub-alice' });
      const reply = await leg('octo');
      expect(reply.outcome === 'completed' && reply.scopes.every(isStorableText)).toBe(true);
    },
  );

  test.each([1e300, 1e15, Number.MAX_SAFE_INTEGER, 2 ** 31, 0.5])(
    'that expires in %d seconds is kept, and can be looked at',
    async (expires_in) => {
      const attemptId = newAttemptId();
      const [accountId, tsid] = [newAccountId(), newSessionId()];
      tokenAnswer({ expires_in });
      userInfo({ id: 'stub-alice' });
      await world.client.leg(attemptId, 'octo', world.as('alice'));
      const subjects = { octo: 'stub-alice' };
      await world.client.ask(sessionOpen, { attemptId, tsid, accountId, providers: ['octo'], subjects });
      await expect(world.client.ask(connectionList, { accountId })).resolves.toMatchObject({
        connections: [{ provider: 'octo', state: 'live' }],
      });
    },
  );
});

test.each(['\0', 'a\0b', 'x\ud83d', ''])(
  'a subject that cannot be kept is refused when it comes over the bus: %j',
  async (subject) => {
    const [attemptId, accountId] = [newAttemptId(), newAccountId()];
    const invalid = { code: 'request_invalid' };
    await expect(
      world.client.ask(connectionAdopt, { attemptId, accountId, provider: 'octo', subject }),
    ).rejects.toMatchObject(invalid);
    await expect(
      world.client.ask(sessionOpen, {
        attemptId,
        tsid: newSessionId(),
        accountId,
        providers: ['octo'],
        subjects: { octo: subject },
      }),
    ).rejects.toMatchObject(invalid);
  },
);

test('whatever the query of a callback is, it is unknown and no failure of ours', async () => {
  await fc.assert(
    fc.asyncProperty(nastyText(), async (text) => {
      for (const query of [text, new URLSearchParams({ state: text, code: text }).toString()])
        await expect(
          world.client.complete(query.slice(0, 16_000), { callback: 'acme' }),
        ).rejects.toMatchObject({
          code: 'callback_unknown',
        });
    }),
    { numRuns: 60 },
  );
}, 60_000);
