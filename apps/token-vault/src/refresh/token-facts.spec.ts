import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startRefreshWorld, type RefreshWorld } from '../testing/refresh-world.js';
import { send } from '../testing/stub-provider.js';

let world: RefreshWorld;
beforeAll(async () => {
  world = await startRefreshWorld();
});
beforeEach(() => world.stub.reset());
afterAll(() => world.close());

interface Facts {
  readonly issued: boolean | null;
  readonly rotated: boolean | null;
  readonly audiences: readonly string[];
}

async function factsOf(accountId: string): Promise<Facts> {
  const { rows } = await world.rows.query<Facts>({
    name: 'facts-of',
    text: `select has_refresh_token as issued, refresh_rotated as rotated, token_audiences as audiences
           from connections where account_id = $1`,
    values: [accountId],
  });
  const [facts] = rows;
  if (facts === undefined) throw new Error('no connection');
  return facts;
}

/** A JWT that nobody verifies. */
const tokenFor = (aud: unknown): string =>
  ['{"alg":"ES256"}', JSON.stringify({ aud })]
    .map((part) => Buffer.from(part).toString('base64url'))
    .concat('signature')
    .join('.');

/** Its token endpoint gives such an access token, and no id_token. */
const givesTokensFor = (aud: unknown): void => {
  world.stub.misbehave.set('token', (_request, response, form) =>
    form.get('grant_type') === 'refresh_token'
      ? send(response, 200, { access_token: tokenFor(aud), token_type: 'Bearer', expires_in: 300 })
      : 'as-usual',
  );
};

describe('what operators are told of a connection', () => {
  test('a refresh token was issued, and rotates: of the one person, and not of the other', async () => {
    const [alice, bob] = [await world.expired('alice'), await world.expired('bob')];
    const before = { issued: true, rotated: null, audiences: [] };
    expect(await factsOf(alice.accountId)).toEqual(before);
    await world.client.inject(alice.tsid, 'directory');
    expect(await factsOf(alice.accountId)).toEqual({ ...before, rotated: true });
    expect(await factsOf(bob.accountId)).toEqual(before);
    world.stub.rotates = false;
    await world.client.inject(bob.tsid, 'directory');
    expect(await factsOf(bob.accountId)).toEqual({ ...before, rotated: false });
  });

  test('none was issued; the next sign-in says anew what there is', async () => {
    world.stub.givesRefreshToken = false;
    const { accountId } = await world.client.signIn({ acme: world.as('alice') });
    expect(await factsOf(accountId)).toEqual({ issued: false, rotated: null, audiences: [] });
    world.stub.givesRefreshToken = true;
    const { tsid } = await world.client.signIn({ acme: world.as('alice') }, accountId);
    await world.expire(accountId);
    await world.client.inject(tsid, 'directory');
    expect(await factsOf(accountId)).toMatchObject({ issued: true, rotated: true });
  });

  test('for whom access tokens are; what cannot be stored costs nobody a token', async () => {
    const { tsid, accountId } = await world.expired();
    givesTokensFor(['https://api.example', 'api']);
    await world.client.inject(tsid, 'directory');
    // The answer has no refresh token: the one that was sent stays good (RFC 6749 section 6).
    const facts = { issued: true, rotated: false };
    expect(await factsOf(accountId)).toEqual({ ...facts, audiences: ['https://api.example', 'api'] });
    givesTokensFor(['a\u0000b', '\ud800', 'x'.repeat(10_000)]);
    await world.expire(accountId);
    await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
    expect(await factsOf(accountId)).toEqual({ ...facts, audiences: [] });
  });
});
