import { until } from '@gatehouse/testing/until';
import type { World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedIn, wrongCalls, type SignedIn } from '../support/callers.js';
import { inVault } from '../support/database.js';
import { FOR_EVER_MS, Installation } from '../support/operate/installation.js';
import { Runbook } from '../support/operate/runbook.js';
import { everybodySignsIn } from '../support/operate/sign-ins.js';
import { told, whileTheyCall } from '../support/operate/while-they-call.js';
import { kidOf } from '../support/refreshing.js';

const SPEC = 'tests/operate/rotations.spec.ts';
/** So that the vault is asked again and again; longer than a call takes on a busy machine, since a backend refuses what has ended. */
const STS_TTL_SECONDS = '30';

let installation: Installation;
let world: World;
let people: readonly SignedIn[];

beforeAll(async () => {
  installation = await Installation.start({
    replicas: 2,
    demonstrationFlags: ['--sts-token-ttl', STS_TTL_SECONDS],
    configure: (yaml) => yaml.replace('shutdownDelay: 0s', 'shutdownDelay: 2s'),
  });
  ({ world } = installation);
  people = await everybodySignsIn(world, ['alice', 'bob']);
}, FOR_EVER_MS);
afterAll(() => installation.close(), FOR_EVER_MS);

/** Which key seals the connections, by the id in front of each value (docs/sealing.md). */
async function sealedWith(): Promise<ReadonlySet<string>> {
  const rows = await inVault<{ tokens: Buffer }>(world, 'select tokens from connections');
  return new Set(rows.map(({ tokens }) => tokens.subarray(2, 2 + tokens.readUInt8(1)).toString()));
}

test(
  'signing keys: the next ones are published and sign nothing yet, and one that is withdrawn never signs',
  async () => {
    const runbook = await Runbook.of('docs/operate/rotate-signing-keys.md', SPEC, installation);
    const signs = kidOf(people[0]?.accessToken ?? '');
    const published = async (): Promise<readonly string[]> => {
      const answer = await fetch(`${world.issuer}/.well-known/jwks.json`);
      return ((await answer.json()) as { readonly keys: readonly { readonly kid: string }[] }).keys.map(
        ({ kid }) => kid,
      );
    };
    const before = await published();
    const seen = await whileTheyCall(world, people, async () => {
      await runbook.perform('Rotate');
      await runbook.perform('See that it worked');
    });
    expect([seen.wrong, seen.refused]).toEqual([0, []]);
    await until(async () => (await published()).length === before.length + 2);
    const next = (await published()).filter((kid) => !before.includes(kid));
    expect(kidOf((await signedIn(world, 'carol')).accessToken)).toBe(signs);
    await runbook.perform('Go back', { KEY: next[0]?.slice(0, 12) ?? '' });
    await until(async () => !(await published()).includes(next[0] ?? ''));
    expect(await wrongCalls(world.mcpUrl, people)).toEqual([]);
    runbook.isDone();
  },
  FOR_EVER_MS,
);

test(
  'sealing keys: what is stored next is sealed with the new one, what was stored opens, and the old one can seal again',
  async () => {
    const runbook = await Runbook.of('docs/operate/rotate-sealing-keys.md', SPEC, installation);
    const seen = await whileTheyCall(world, people, async () => {
      await runbook.perform('Add the new key');
      expect(await sealedWith()).toEqual(new Set(['demonstration']));
      await runbook.perform('Seal with it');
    });
    const later = await signedIn(world, 'dora');
    expect(await sealedWith()).toEqual(new Set(['demonstration', 'second']));
    await runbook.perform('See that it worked');
    const back = await whileTheyCall(world, people, () => runbook.perform('Go back'));
    told('sealing keys', seen);
    expect([seen.wrong, seen.refused, back.wrong, back.refused]).toEqual([0, [], 0, []]);
    expect(await wrongCalls(world.mcpUrl, [...people, later])).toEqual([]);
    expect(installation.unclean).toEqual([]);
    runbook.isDone();
  },
  FOR_EVER_MS,
);
