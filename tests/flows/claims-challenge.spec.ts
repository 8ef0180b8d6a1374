import { EntraTenant } from '@gatehouse/testing/entra-tenant';
import { printFigure } from '@gatehouse/testing/figures';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ENTRA_SECRETS, EntraPeople, withEntra } from '../support/entra-people.js';
import { TokenBackend } from '../support/token-backend.js';

const POLICY = 'policy-of-the-backend';
const BACKEND = 'docs';

/** Two replicas of each service before a backend whose tokens a tenant of Entra issues on behalf of people. */
let world: World;
let entra: EntraTenant;
let people: EntraPeople;
let docs: TokenBackend;

beforeAll(async () => {
  entra = await new EntraTenant().start();
  docs = await new TokenBackend(async (token) => {
    const login = entra.subjectOf(token);
    if (login === undefined) throw new Error('not for this backend');
    return await Promise.resolve(login);
  }).start();
  world = await startWorld({
    replicas: 2,
    environment: { 'token-vault': ENTRA_SECRETS },
    configure: (yaml) => withEntra(yaml, entra, { [BACKEND]: { url: docs.mcpUrl, by: 'obo' } }),
  });
  people = new EntraPeople(world, entra);
});

afterAll(async () => {
  await world.close();
  await Promise.all([entra.stop(), docs.stop()]);
});

test('a person is sent to Entra with the claims that it wants to see, and the next call succeeds on every replica; nobody else’s sign-in has them', async () => {
  const [alice, bob] = [await people.signIn('alice'), await people.signIn('bob')];
  expect(new Set(entra.authorizations.map((asked) => asked.get('claims')))).toEqual(new Set([null]));
  entra.policy = POLICY;

  const link = await people.prompted(alice, BACKEND);
  expect(link).toContain(`${world.issuer}/connect/entra`);
  // What is wanted of her is in no other sign-in.
  await people.signIn('carol');
  expect(entra.authorizations.at(-1)?.get('claims')).toBeNull();

  expect(await people.connect(alice, link)).toBe(entra.challenge);
  for (let time = 0; time < 6; time += 1) expect(await people.subjectSeen(alice, BACKEND)).toBe('alice');

  // He has shown nothing yet, whatever she has.
  expect(await people.connect(bob, await people.prompted(bob, BACKEND))).toBe(entra.challenge);
  for (let time = 0; time < 6; time += 1)
    expect([await people.subjectSeen(bob, BACKEND), await people.subjectSeen(alice, BACKEND)]).toEqual([
      'bob',
      'alice',
    ]);

  printFigure(
    `claims challenge: 2 people at 2 replicas, ${entra.refused} exchanges refused for want of claims, 2 sign-ins with them, 18 calls right`,
  );
  expect(world.logs()).not.toContain(POLICY);
  for (const header of docs.seen.filter((one) => one !== ''))
    expect(world.logs()).not.toContain(header.replace('Bearer ', ''));
});

test('attack: a person who takes the claims out of the request has shown nothing, and is asked again', async () => {
  entra.policy = 'another-policy';
  const dora = await people.signIn('dora');
  const link = await people.prompted(dora, BACKEND);
  entra.hearsClaims = false;
  await people.connect(dora, link);
  entra.hearsClaims = true;
  expect(await people.connect(dora, await people.prompted(dora, BACKEND))).toBe(entra.challenge);
  expect(await people.subjectSeen(dora, BACKEND)).toBe('dora');
});
