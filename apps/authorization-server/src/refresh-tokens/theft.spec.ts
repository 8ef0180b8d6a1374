import 'reflect-metadata';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { refreshTokenOf, REFUSED, RotationWorld } from '../testing/rotation-world.js';
import { shareWorld } from '../testing/service-world.js';

let world: RotationWorld;

shareWorld(
  () => RotationWorld.start(),
  (started) => (world = started),
);

const closeReason = async (tsid: string): Promise<string | null | undefined> =>
  (await world.sessionOf(tsid))?.close_reason;

// RFC 9700, section 4.14.2.
describe('a stolen refresh token', () => {
  test('that was used before, presented after the grace, ends the whole session', async () => {
    const { clientId, tsid, first } = await world.signedIn();
    const successor = await world.successorOf(clientId, first);
    await world.endGrace(tsid);
    const before = await world.alarms('used_again_later');
    expect(await world.service.refresh(clientId, first)).toMatchObject(REFUSED);
    expect(await closeReason(tsid)).toBe('refresh_token_replayed');
    expect(await world.replica.refresh(clientId, successor)).toMatchObject(REFUSED);
    expect(await world.alarms('used_again_later')).toBe(before + 1);
    await until(() => world.service.vault.closed.includes(tsid));
  });

  test.each(['in the grace', 'after it'])('that is two generations old ends it at once, %s', async (when) => {
    const { clientId, tsid, first } = await world.signedIn();
    const second = await world.successorOf(clientId, first);
    const third = await world.successorOf(clientId, second);
    await (when === 'in the grace' ? world.keepInGrace(tsid) : world.endGrace(tsid));
    const before = await world.alarms('two_generations_old');
    expect(await world.replica.refresh(clientId, first)).toMatchObject(REFUSED);
    expect(await closeReason(tsid)).toBe('refresh_token_replayed');
    for (const one of [second, third])
      expect(await world.service.refresh(clientId, one)).toMatchObject(REFUSED);
    expect(await world.alarms('two_generations_old')).toBe(before + 1);
  });

  test('raises one alarm, however many present it', async () => {
    const { clientId, tsid, first } = await world.signedIn();
    await world.successorOf(clientId, first);
    await world.endGrace(tsid);
    const before = await world.alarms('used_again_later');
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? world.service : world.replica).refresh(clientId, first),
      ),
    );
    for (const answer of answers) expect(answer).toMatchObject(REFUSED);
    expect(await world.alarms('used_again_later')).toBe(before + 1);
  });

  test.each(['the thief', 'the client'])(
    'whose thief came first within the grace is noticed when the common successor is used, by %s first',
    async (who) => {
      const { clientId, tsid, first } = await world.signedIn();
      const thiefs = await world.successorOf(clientId, first, world.replica);
      await world.keepInGrace(tsid);
      const clients = await world.successorOf(clientId, first);
      expect(clients).toBe(thiefs);
      const [earlier, later] = who === 'the thief' ? [thiefs, clients] : [clients, thiefs];
      const next = await world.successorOf(clientId, earlier);
      // The other comes when its own access token runs out, minutes later.
      await world.endGrace(tsid);
      expect(await world.service.refresh(clientId, later)).toMatchObject(REFUSED);
      expect(await closeReason(tsid)).toBe('refresh_token_replayed');
      expect(await world.service.refresh(clientId, next)).toMatchObject(REFUSED);
    },
  );

  test('whose thief goes on at once is noticed as soon as its client comes, within the grace', async () => {
    const { clientId, tsid, first } = await world.signedIn();
    const second = await world.successorOf(clientId, first, world.replica);
    const thiefs = await world.successorOf(clientId, second, world.replica);
    await world.keepInGrace(tsid);
    expect(await world.service.refresh(clientId, first)).toMatchObject(REFUSED);
    expect(await world.replica.refresh(clientId, thiefs)).toMatchObject(REFUSED);
  });

  test('whose thief keeps step with its client is not noticed, and ends with the session', async () => {
    const { clientId, tsid, first } = await world.signedIn();
    let token = first;
    for (let step = 0; step < 5; step += 1) {
      const clients = await world.successorOf(clientId, token);
      await world.keepInGrace(tsid);
      expect(await world.successorOf(clientId, token, world.replica)).toBe(clients);
      token = clients;
    }
    await world.openedAgo(tsid, world.service.config.tokenLifespans.sessionLifespanMs);
    for (const at of [world.service, world.replica])
      expect(await at.refresh(clientId, token)).toMatchObject(REFUSED);
  });
});

// RFC 6749, section 6: a refresh token is bound to its client. RFC 6749, section 5.2: what each of these is told.
describe('whoever may not have it gets nothing and changes nothing', () => {
  type Fields = Readonly<Record<string, string | undefined>>;

  describe.each(['unused', 'used just now'])('of a token that is %s', (state) => {
    let tsid: string;
    let fields: Fields;
    let before: readonly string[];
    const ask = async (asked: Fields) =>
      await world.replica.token(
        Object.fromEntries(
          Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
        ),
      );

    beforeAll(async () => {
      const victim = await world.signedInWithSecret();
      ({ tsid } = victim);
      fields = {
        grant_type: 'refresh_token',
        client_id: victim.clientId,
        client_secret: victim.secret,
        refresh_token: victim.first,
      };
      if (state === 'used just now') await ask(fields);
      await world.keepInGrace(tsid);
      before = await world.stored(tsid);
    });

    test.each<[string, () => Fields | Promise<Fields>, string]>([
      [
        'another client',
        async () => ({ client_id: await world.service.register(), client_secret: undefined }),
        'invalid_grant',
      ],
      [
        'another client with its own secret',
        async () => {
          const { clientId, secret } = await world.signedInWithSecret();
          return { client_id: clientId, client_secret: secret };
        },
        'invalid_grant',
      ],
      [
        'its client with another secret (authentication)',
        () => ({ client_secret: 'wrong' }),
        'invalid_client',
      ],
      ['its client without its secret', () => ({ client_secret: undefined }), 'invalid_client'],
      [
        'its client for another resource',
        () => ({ resource: 'https://other.example/mcp' }),
        'invalid_target',
      ],
      ['its client for a resource that is no URL', () => ({ resource: 'the gateway' }), 'invalid_target'],
      ['its client for the origin alone', () => ({ resource: 'http://localhost:9' }), 'invalid_target'],
      ['its client for a scope that was not granted', () => ({ scope: 'openid email' }), 'invalid_scope'],
      ['its client as something else', () => ({ grant_type: 'password' }), 'unsupported_grant_type'],
    ])('%s', async (_who, change, error) => {
      expect(await ask({ ...fields, ...(await change()) })).toMatchObject({ error });
      expect(await world.stored(tsid)).toEqual(before);
    });

    test('and its client still gets what it asks for', async () => {
      expect((await ask(fields)).status).toBe(200);
    });
  });

  test('also in parallel with its client, which is not signed out by it', async () => {
    const person = await world.signedIn();
    const thief = { ...person, clientId: await world.service.register() };
    const [answers, thefts] = await Promise.all([world.burst(person, 6), world.burst(thief, 6)]);
    for (const theft of thefts) expect(theft).toMatchObject(REFUSED);
    const successors = answers.map((one) => (one === undefined ? undefined : refreshTokenOf(one)));
    expect(new Set(successors).size).toBe(1);
    expect(await closeReason(person.tsid)).toBeNull();
  });
});
