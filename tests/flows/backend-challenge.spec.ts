import { challengeFor, EntraTenant } from '@gatehouse/testing/entra-tenant';
import { printFigure } from '@gatehouse/testing/figures';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ChallengingBackend } from '../support/challenging-backend.js';
import { ENTRA_SECRETS, EntraPeople, withEntra } from '../support/entra-people.js';

const POLICY = 'policy-of-the-backend-itself';
const BACKENDS = ['mail', 'docs'] as const;
type Name = (typeof BACKENDS)[number];

/** Two replicas of each service before backends that want to see more of their people's sign-ins at Entra. */
let world: World;
let entra: EntraTenant;
let people: EntraPeople;
let backends: Readonly<Record<Name, ChallengingBackend>>;

beforeAll(async () => {
  entra = await new EntraTenant().start();
  backends = {
    mail: await new ChallengingBackend(entra).start(),
    docs: await new ChallengingBackend(entra).start(),
  };
  world = await startWorld({
    replicas: 2,
    environment: { 'token-vault': ENTRA_SECRETS },
    // One gets the person's own token, the other one that was issued on their behalf.
    configure: (yaml) =>
      withEntra(yaml, entra, {
        mail: { url: backends.mail.mcpUrl, by: 'inject' },
        docs: { url: backends.docs.mcpUrl, by: 'obo' },
      }),
  });
  people = new EntraPeople(world, entra);
});

afterAll(async () => {
  await world.close();
  await Promise.all([entra.stop(), backends.mail.stop(), backends.docs.stop()]);
});

test.each(BACKENDS)(
  'what %s wants to see goes along with the sign-in of the person that it refused, and of nobody else; then all calls succeed on every replica',
  async (name) => {
    const backend = backends[name];
    const [alice, bob] = [await people.signIn(`alice-${name}`), await people.signIn(`bob-${name}`)];
    for (const one of [alice, bob]) expect(await people.subjectSeen(one, name)).toBe(one.login);
    backend.policy = `${POLICY}-${name}`;

    const link = await people.prompted(alice, name);
    expect(link).toContain(`${world.issuer}/connect/entra`);
    // What is wanted of her is in no other sign-in.
    await people.signIn(`carol-${name}`);
    expect(entra.authorizations.at(-1)?.get('claims')).toBeNull();

    expect(await people.connect(alice, link)).toBe(challengeFor(backend.policy));
    for (let time = 0; time < 6; time += 1) expect(await people.subjectSeen(alice, name)).toBe(alice.login);

    // He has shown nothing yet, whatever she has.
    expect(await people.connect(bob, await people.prompted(bob, name))).toBe(challengeFor(backend.policy));
    for (let time = 0; time < 6; time += 1)
      expect([await people.subjectSeen(bob, name), await people.subjectSeen(alice, name)]).toEqual([
        bob.login,
        alice.login,
      ]);
    printFigure(
      `challenge of a backend (${name}): 2 people at 2 replicas, ${backend.refused} calls refused for want of claims, 2 sign-ins with them, 18 calls right`,
    );
  },
);

test('attack: what a backend writes into its challenge, and the tokens that it was shown, are in no log', () => {
  expect(world.logs()).not.toContain(POLICY);
  expect(world.logs()).not.toContain(Buffer.from(`["${POLICY}`).toString('base64').slice(4, 20));
  const seen = Object.values(backends).flatMap((one) => one.seen);
  expect(seen.length).toBeGreaterThan(0);
  for (const header of new Set(seen.filter((one) => one !== '')))
    expect(world.logs()).not.toContain(header.replace('Bearer ', ''));
});
