import { commonCallback } from '@gatehouse/config/urls/callbacks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTwoSides, type Kind, type TwoSides } from '../testing/two-sides.js';
import { ISSUER } from '../testing/vault-config.js';

const COMMON = commonCallback(ISSUER);

let sides: TwoSides;

const stateOf = (url: string): string => new URL(url).searchParams.get('state') ?? '';

/** The answer of an honest provider to a request that a hostile one made in the place of its own leg. */
async function mixedUp(honest: Kind, hostile: Kind): Promise<string> {
  const forged = new URL(await sides.begin(sides.honest[honest]));
  forged.searchParams.set('state', stateOf(await sides.begin(sides.hostile[hostile])));
  return sides.honest[honest].stub.callbackQuery(forged.href, 'victim');
}

const codesSeen = (): readonly string[] =>
  [...Object.values(sides.honest), ...Object.values(sides.hostile)].flatMap(({ stub }) => stub.codesSeen);

describe('on a callback that several providers share and that all of them sign with iss', () => {
  const SIGNERS = ['oidc', 'oauth2 with an issuer'] as const;

  beforeAll(async () => {
    sides = await startTwoSides((kind) => (kind === 'oauth2' ? undefined : COMMON));
  });

  beforeEach(() => {
    for (const { stub } of [...Object.values(sides.honest), ...Object.values(sides.hostile)]) stub.reset();
    for (const { stub } of [...Object.values(sides.honest), ...Object.values(sides.hostile)])
      stub.sendsIssuer = 'always';
  });

  afterAll(() => sides.close());

  test('each of them can be signed in at', async () => {
    for (const kind of SIGNERS) {
      const { stub } = sides.honest[kind];
      const query = stub.callbackQuery(await sides.begin(sides.honest[kind]), 'alice');
      await expect(sides.world.client.complete(query, {})).resolves.toMatchObject({ outcome: 'completed' });
    }
  });

  test.each(SIGNERS.flatMap((honest) => SIGNERS.map((hostile) => [hostile, honest] as const)))(
    'a hostile %s one is not sent the code of an honest %s one, with iss or without (mix-up)',
    async (hostile, honest) => {
      const signed = await mixedUp(honest, hostile);
      await expect(sides.world.client.complete(signed, {})).rejects.toMatchObject({
        code: 'callback_wrong_provider',
      });
      sides.honest[honest].stub.sendsIssuer = 'never';
      await expect(sides.world.client.complete(await mixedUp(honest, hostile), {})).resolves.toMatchObject({
        outcome: 'refused',
        reason: 'invalid_response',
      });
      expect(codesSeen()).toEqual([]);
    },
  );

  test('a provider that has a callback of its own is not answered by the common one', async () => {
    const { stub, name } = sides.honest.oauth2;
    const query = stub.callbackQuery(await sides.begin(sides.honest.oauth2), 'alice');
    await expect(sides.world.client.complete(query, {})).rejects.toMatchObject({
      code: 'callback_wrong_provider',
    });
    stub.sendsIssuer = 'never';
    await expect(sides.world.client.complete(query, { callback: name })).resolves.toMatchObject({
      outcome: 'completed',
    });
  });
});

describe('on a callback that is shared by a provider that does not promise iss', () => {
  afterEach(() => sides.close());

  test.each([
    ['a plain OAuth 2 provider without an issuer', () => COMMON, 'oauth2'],
    ['an OpenID provider', (kind: Kind) => (kind === 'oauth2' ? undefined : COMMON), 'oidc'],
  ] as const)(
    '%s, nobody is sent to any of the sharers (mix-up with a forged iss)',
    async (_who, callbackOf, silent) => {
      sides = await startTwoSides(callbackOf);
      sides.honest[silent].stub.promisesIssuer = false;
      for (const side of [sides.honest, sides.hostile])
        for (const kind of ['oidc', 'oauth2 with an issuer'] as const)
          await expect(sides.begin(side[kind])).rejects.toMatchObject({ code: 'callback_unsafe' });
    },
  );

  test('one that is down does not lock people out of the others', async () => {
    sides = await startTwoSides((kind) => (kind === 'oidc' ? COMMON : undefined));
    await sides.hostile.oidc.stub.stop();
    await expect(sides.begin(sides.honest.oidc)).resolves.toContain('/authorize?');
  });
});
