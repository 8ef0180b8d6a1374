import type { World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { wrongCalls, type SignedIn } from '../support/callers.js';
import { FOR_EVER_MS, Installation } from '../support/operate/installation.js';
import { NewPostgres } from '../support/operate/new-postgres.js';
import { Runbook } from '../support/operate/runbook.js';
import { everybodySignsIn } from '../support/operate/sign-ins.js';
import { told, whileTheyCall } from '../support/operate/while-they-call.js';

const SPEC = 'tests/operate/passwords.spec.ts';
/** So that the vault is asked again and again; longer than a call takes on a busy machine, since a backend refuses what has ended. */
const STS_TTL_SECONDS = '30';

let postgres: NewPostgres;
let installation: Installation;
let world: World;
let people: readonly SignedIn[];

beforeAll(async () => {
  // Roles belong to a whole server: their passwords may not be changed under other tests.
  postgres = await NewPostgres.start();
  installation = await Installation.start({
    postgres: postgres.url,
    demonstrationFlags: ['--sts-token-ttl', STS_TTL_SECONDS],
  });
  ({ world } = installation);
  people = await everybodySignsIn(world, ['alice', 'bob']);
}, FOR_EVER_MS);
afterAll(async () => {
  await installation.close();
  await postgres.close();
}, FOR_EVER_MS);

/** Whether NATS lets the proxy's user in with that password. */
async function busTakes(pass: string): Promise<boolean> {
  const options = { servers: [...world.nats.urls], user: 'vmcp-proxy', pass, reconnect: false };
  const connection = await connect(options).catch(() => undefined);
  await connection?.close();
  return connection !== undefined;
}

const databaseTakes = async (url: string): Promise<boolean> =>
  await postgres.answers(url).then(
    () => true,
    () => false,
  );

test(
  'passwords of NATS: nobody sees a wrong answer or one that may not be tried again, nobody signs in again, and the old ones are refused',
  async () => {
    const runbook = await Runbook.of('docs/operate/rotate-bus-passwords.md', SPEC, installation);
    const before = world.nats.optionsOf('vmcp-proxy').password.reveal();
    expect(await busTakes(before)).toBe(true);
    const seen = await whileTheyCall(world, people, async () => {
      await runbook.perform('Rotate');
      await runbook.perform('See that it worked');
    });
    expect(await busTakes(before)).toBe(false);
    const back = await whileTheyCall(world, people, () => runbook.perform('Go back'));
    expect(await busTakes(before)).toBe(true);
    told('passwords of NATS', seen);
    expect([seen.wrong, seen.others, back.wrong, back.others]).toEqual([0, [], 0, []]);
    expect(await wrongCalls(world.mcpUrl, people)).toEqual([]);
    runbook.isDone();
  },
  FOR_EVER_MS,
);

test(
  'passwords of Postgres: nobody sees a wrong answer or one that may not be tried again, and the old ones are refused',
  async () => {
    const runbook = await Runbook.of('docs/operate/rotate-database-passwords.md', SPEC, installation);
    const oldUrl = world.databases['token-vault'].url.reveal();
    expect(await databaseTakes(oldUrl)).toBe(true);
    const seen = await whileTheyCall(world, people, async () => {
      await runbook.perform('Make the passwords');
      await runbook.perform('Use them');
      await runbook.perform('See that it worked');
    });
    expect(await databaseTakes(oldUrl)).toBe(false);
    const back = await whileTheyCall(world, people, () => runbook.perform('Go back'));
    expect(await databaseTakes(oldUrl)).toBe(true);
    told('passwords of Postgres', seen);
    expect([seen.wrong, seen.others, back.wrong, back.others]).toEqual([0, [], 0, []]);
    expect(await wrongCalls(world.mcpUrl, people)).toEqual([]);
    runbook.isDone();
  },
  FOR_EVER_MS,
);
