import { commonCallback } from '@gatehouse/config/urls/callbacks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { printFigure } from '@gatehouse/testing/figures';
import { newAttemptId, type AttemptId } from '@gatehouse/kernel/ids';
import { Keyring, legOwner } from '../keyring/keyring.js';
import { legSecrets } from '../providers/authorization-parameters.js';
import { KINDS, startTwoSides, type Kind, type Side, type TwoSides } from '../testing/two-sides.js';
import { ISSUER } from '../testing/vault-config.js';

let sides: TwoSides;

beforeAll(async () => {
  sides = await startTwoSides();
});

beforeEach(async () => {
  for (const { stub } of [...Object.values(sides.honest), ...Object.values(sides.hostile)]) stub.reset();
  await sides.world.clearLegs();
});

afterAll(() => sides.close());

const parameter = (url: string, name: string): string => new URL(url).searchParams.get(name) ?? '';

/** Runs every pair of kinds; `it` names honest and hostile. */
const PAIRS = KINDS.flatMap((hostile) => KINDS.map((honest) => ({ hostile, honest })));

interface Attack {
  readonly honestUrl: string;
  readonly hostileUrl: string;
  /** What the honest provider answers to the hostile one's forged request: for the victim, with the hostile leg's state. */
  readonly query: string;
}

/**
 * RFC 9700 section 4.4.1: the browser is at the hostile provider, which sends it on to the honest one, with the state of
 * the leg that it was begun for. A leg at the honest provider is under way as well.
 */
async function mixUp(honest: Side, hostile: Side): Promise<Attack> {
  const attemptId = newAttemptId();
  const honestUrl = await sides.begin(honest, attemptId);
  const hostileUrl = await sides.begin(hostile, attemptId);
  const forged = new URL(honestUrl);
  forged.searchParams.set('state', parameter(hostileUrl, 'state'));
  forged.searchParams.set('code_challenge', parameter(hostileUrl, 'code_challenge'));
  return { honestUrl, hostileUrl, query: honest.stub.callbackQuery(forged.href, 'victim') };
}

/** No code went anywhere, and both legs can still be finished by those who were asked. */
async function nothingIsLost({ honestUrl, hostileUrl }: Attack, honest: Side, hostile: Side): Promise<void> {
  expect([...hostile.stub.codesSeen, ...honest.stub.codesSeen]).toEqual([]);
  for (const [{ name, stub }, url] of [
    [honest, honestUrl],
    [hostile, hostileUrl],
  ] as const) {
    const query = stub.callbackQuery(url, 'alice');
    await expect(sides.world.client.complete(query, { callback: name })).resolves.toMatchObject({
      outcome: 'completed',
      provider: name,
    });
  }
}

describe.each(PAIRS)('a hostile $hostile provider beside an honest $honest one', ({ hostile, honest }) => {
  const [good, evil] = [() => sides.honest[honest], () => sides.hostile[hostile]];

  test.each(['always', 'never'] as const)(
    'is not sent the code of the other, which came by its own callback and names itself %s (mix-up)',
    async (says) => {
      good().stub.sendsIssuer = says;
      good().stub.promisesIssuer = says === 'always';
      const attack = await mixUp(good(), evil());
      await expect(
        sides.world.client.complete(attack.query, { callback: good().name }),
      ).rejects.toMatchObject({ code: 'callback_wrong_provider' });
      Object.assign(good().stub, { sendsIssuer: 'always', promisesIssuer: true });
      evil().stub.sendsIssuer = 'always';
      await nothingIsLost(attack, good(), evil());
    },
  );

  test('is not sent the code that came by its own callback with the iss of the other (a provider that admits URLs below the registered one)', async () => {
    good().stub.sendsIssuer = 'always';
    const attack = await mixUp(good(), evil());
    await expect(sides.world.client.complete(attack.query, { callback: evil().name })).rejects.toMatchObject({
      code: 'callback_wrong_provider',
    });
    evil().stub.sendsIssuer = 'always';
    await nothingIsLost(attack, good(), evil());
  });

  test.each(['always', 'never'] as const)(
    'cannot end the leg of the other with an error, naming itself %s (denial of service)',
    async (says) => {
      const attack = await mixUp(good(), evil());
      const error = new URLSearchParams({
        error: 'access_denied',
        state: parameter(attack.honestUrl, 'state'),
        ...(says === 'always' ? { iss: evil().stub.issuer } : {}),
      }).toString();
      for (const callback of [evil().name, undefined])
        await expect(
          sides.world.client.complete(error, callback === undefined ? {} : { callback }),
        ).rejects.toMatchObject({ code: 'callback_wrong_provider' });
      if (says === 'always')
        await expect(sides.world.client.complete(error, { callback: good().name })).rejects.toMatchObject({
          code: 'callback_wrong_provider',
        });
      for (const { stub } of [good(), evil()]) stub.sendsIssuer = 'always';
      await nothingIsLost(attack, good(), evil());
    },
  );
});

test('whatever callback a browser is sent to, a code reaches the provider that it was begun for and no other', async () => {
  const all = [...Object.values(sides.honest), ...Object.values(sides.hostile)];
  const callbacks = [...all.map(({ name }) => name), 'nobody', undefined];
  let tried = 0;
  for (const begunAt of all)
    for (const answeredBy of all)
      for (const callback of callbacks) {
        if (begunAt === answeredBy && callback === begunAt.name) continue;
        answeredBy.stub.sendsIssuer = 'always';
        const forged = new URL(await sides.begin(answeredBy));
        forged.searchParams.set('state', parameter(await sides.begin(begunAt), 'state'));
        const query = answeredBy.stub.callbackQuery(forged.href, 'victim');
        await expect(
          sides.world.client.complete(query, callback === undefined ? {} : { callback }),
        ).rejects.toMatchObject({ code: 'callback_wrong_provider' });
        tried += 1;
      }
  const leaked = all.flatMap(({ stub }) => stub.codesSeen).length;
  printFigure(`mixed-up callbacks: ${tried}, codes sent to a provider: ${leaked}`);
  expect(leaked).toBe(0);
});

describe('a plain OAuth 2 provider', () => {
  const leg = async (kind: Kind, iss: string | undefined) => {
    const { name, stub } = sides.honest[kind];
    stub.sendsIssuer = 'never';
    const url = await sides.begin(sides.honest[kind]);
    const query = new URLSearchParams(stub.callbackQuery(url, 'alice'));
    if (iss !== undefined) query.set('iss', iss);
    return await sides.world.client.complete(query.toString(), { callback: name });
  };

  test('whose issuer is written may not leave iss out: then its code is not redeemed', async () => {
    await expect(leg('oauth2 with an issuer', undefined)).resolves.toMatchObject({
      outcome: 'refused',
      reason: 'invalid_response',
    });
    expect(sides.honest['oauth2 with an issuer'].stub.codesSeen).toEqual([]);
  });

  test('whose issuer is not written goes on, with no iss and with one that nobody else here has', async () => {
    for (const iss of [undefined, '', 'https://login.elsewhere.example'])
      await expect(leg('oauth2', iss)).resolves.toMatchObject({ outcome: 'completed' });
  });
});

describe('a leg that was begun by a callback that its provider has no more', () => {
  /** The release before knew the common callback only, and did not write down what it had sent. */
  const begin = async (side: Side, written: { redirectUri?: string }): Promise<string> => {
    const url = new URL(await sides.begin(side));
    const keyring = sides.world.vault.app.get(Keyring);
    const { rows } = await sides.world.rows.query<{ id: AttemptId; secrets: Buffer }>({
      name: 'leg-of-before',
      text: 'select attempt_id as id, secrets from pending_legs',
    });
    for (const { id, secrets } of rows) {
      const owner = legOwner(id, side.name);
      const { nonce, codeVerifier } = keyring.open(legSecrets, secrets, owner) ?? {};
      await sides.world.rows.query({
        name: 'leg-as-it-was',
        text: 'update pending_legs set secrets = $2 where attempt_id = $1',
        values: [id, keyring.seal({ nonce, codeVerifier, ...written }, owner)],
      });
    }
    url.searchParams.set('redirect_uri', commonCallback(ISSUER));
    return url.href;
  };

  test.each([
    ['in the release before this one', {}],
    ['in the configuration before this one', { redirectUri: commonCallback(ISSUER) }],
  ])(
    '%s goes on by it when its answer says whose it is, and is refused when it does not (mix-up during an upgrade)',
    async (_when, written) => {
      const { oidc, oauth2 } = sides.honest;
      const signed = oidc.stub.callbackQuery(await begin(oidc, written), 'alice');
      await expect(sides.world.client.complete(signed, { callback: oidc.name })).rejects.toMatchObject({
        code: 'callback_wrong_provider',
      });
      await expect(sides.world.client.complete(signed, {})).resolves.toMatchObject({ outcome: 'completed' });
      const silent = oauth2.stub.callbackQuery(await begin(oauth2, written), 'alice');
      await expect(sides.world.client.complete(silent, {})).resolves.toMatchObject({ outcome: 'refused' });
      expect(oauth2.stub.codesSeen).toEqual([]);
    },
  );
});
