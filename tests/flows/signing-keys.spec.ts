import { printFigure } from '@gatehouse/testing/figures';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { until } from '@gatehouse/testing/until';
import type { World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BACKENDS, Callers, signedIn, wrongCalls, type SignedIn } from '../support/callers.js';
import { inAuthorizationServer } from '../support/database.js';
import { OperatedWorld } from '../support/operated-world.js';
import { kidOf, Refreshing } from '../support/refreshing.js';

/** A busy machine takes its time; what never happens is found all the same. */
const PATIENCE_MS = 240_000;

let operated: OperatedWorld;
let world: World;

beforeAll(async () => {
  // Long enough for the load balancer to see that a replica stops.
  const configure = (yaml: string) => yaml.replace('shutdownDelay: 0s', 'shutdownDelay: 2s');
  operated = await OperatedWorld.start(configure, { replicas: 2, proxies: 1 });
  ({ world } = operated);
});
afterAll(() => operated.close());

interface Rotation {
  readonly made: boolean;
  readonly rotated: readonly {
    readonly algorithm: string;
    readonly next: string;
    readonly current: string;
  }[];
}

interface Listed {
  readonly keys: readonly { readonly use: string; readonly id: string; readonly state: string }[];
}

const states = async (): Promise<Readonly<Record<string, string>>> => {
  const { keys } = await operated.json<Listed>('keys', 'list');
  return Object.fromEntries(
    keys.filter(({ use }) => use === 'signs tokens').map(({ id, state }) => [id, state]),
  );
};

/** Of each replica, the ids that it publishes. */
const published = async (): Promise<readonly (readonly string[])[]> =>
  await Promise.all(
    world.portsOf('authorization-server').map(async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/.well-known/jwks.json`);
      const { keys } = (await answer.json()) as { readonly keys: readonly { readonly kid: string }[] };
      return keys.map(({ kid }) => kid);
    }),
  );

const untilAll = async (is: (kids: readonly string[]) => boolean): Promise<void> =>
  await until(async () => (await published()).every(is), PATIENCE_MS);

/** The next keys' time has come. */
const come = async (): Promise<void> => {
  await inAuthorizationServer(
    world,
    `update signing_keys set
       signs_from = case when signs_from > now() then date_trunc('milliseconds', now()) else signs_from end,
       signs_until = case when signs_until > now() then date_trunc('milliseconds', now()) else signs_until end`,
  );
};

/** So much time passes for the keys. */
const pass = async (minutes: number): Promise<void> => {
  await inAuthorizationServer(
    world,
    `update signing_keys set signs_from = signs_from - interval '${minutes} min', signs_until = signs_until - interval '${minutes} min'`,
  );
};

test('keys are exchanged under calls, refreshes and restarts of two replicas: nobody is signed out', async () => {
  const people: SignedIn[] = [];
  for (const login of ['alice', 'bob', 'alice', 'bob']) people.push(await signedIn(world, login));
  const first = kidOf(people[0]?.accessToken ?? '');
  const callers = new Callers(world, people.slice(0, 2));
  const refreshing = new Refreshing(people.slice(2));

  // Everything is exchanged.
  const { made, rotated } = await operated.json<Rotation>('keys', 'rotate');
  expect([made, rotated.map(({ algorithm }) => algorithm)]).toEqual([true, ['ES256', 'RS256']]);
  const [ec, rsa] = rotated;
  expect(ec?.current).toBe(first);
  await untilAll((kids) => kids.includes(ec?.next ?? '') && kids.includes(rsa?.next ?? ''));
  await refreshing.more();
  expect([...refreshing.signedBy]).toEqual([first]);
  await come();
  await untilAll(([signs]) => signs === ec?.next);
  await refreshing.more();
  expect([...refreshing.signedBy]).toEqual([first, ec?.next]);
  await callers.more('right', BACKENDS.length);

  // One more, and every replica restarts on the way.
  const again = await operated.json<Rotation>('keys', 'rotate', '--algorithm', 'ES256');
  const third = again.rotated[0]?.next ?? '';
  for (const [index, replica] of world.replicas['authorization-server'].entries()) {
    await replica.stopCleanly();
    if (index === 1) await come();
    await replica.start();
    await callers.more('right', BACKENDS.length);
  }
  await untilAll((kids) => kids[0] === third && kids.includes(first) && kids.includes(ec?.next ?? ''));
  await refreshing.more();
  await refreshing.stop();
  await callers.stop();
  const { right, wrong, refused } = callers;
  printFigure(
    `signing keys exchanged twice, two replicas that restart and a proxy: ${right} calls right, ${wrong} wrong, ${refused.length} refused; ${refreshing.refreshed} refreshes, ${refreshing.refused} refused`,
  );
  expect({ refused, wrong, unrefreshed: refreshing.refused }).toEqual({
    refused: [],
    wrong: 0,
    unrefreshed: 0,
  });
  expect([...refreshing.signedBy]).toEqual([first, ec?.next, third]);
  expect(await wrongCalls(world.mcpUrl, [...people.slice(0, 2), ...refreshing.people])).toEqual([]);
  expect(await states()).toEqual({
    [third]: 'signs',
    [rsa?.next ?? '']: 'signs identity tokens',
    [first]: 'verifies',
    [ec?.next ?? '']: 'verifies',
    [rsa?.current ?? '']: 'verifies',
  });
});

test('a key whose tokens have ended is published no more', async () => {
  const before = Object.entries(await states());
  await pass(60);
  const rest = before.filter(([, state]) => state !== 'verifies').map(([kid]) => kid);
  await untilAll((kids) => [...kids].sort().join() === [...rest].sort().join());
  const retired = before.filter(([, state]) => state === 'verifies').map(([kid]) => [kid, 'retired']);
  expect(await states()).toMatchObject(Object.fromEntries(retired) as Readonly<Record<string, string>>);
});

test('attack: what a withdrawn key signed is refused; its person has a token of another key by a refresh', async () => {
  const { client, accessToken, refreshToken } = await signedIn(world, 'carol');
  const leaked = kidOf(accessToken);
  const status = async (token: string) => (await modernRequest(world.mcpUrl, token, 'tools/list')).status;
  expect(await status(accessToken)).toBe(200);
  const { withdrawn, signs } = await operated.json<{ readonly withdrawn: string; readonly signs: string }>(
    ...['keys', 'withdraw', '--', leaked.slice(0, 12)],
  );
  expect([withdrawn, signs === leaked]).toEqual([leaked, false]);
  await untilAll(([first, ...others]) => first === signs && !others.includes(leaked));
  const { access_token: another = '', ...refreshed } = await client.refresh(refreshToken);
  expect([refreshed.status, kidOf(another)]).toEqual([200, signs]);
  // A proxy takes it at once, and hears within a minute that the other one is gone.
  expect(await status(another)).toBe(200);
  await until(async () => (await status(accessToken)) === 401, PATIENCE_MS);
  expect(await status(another)).toBe(200);
});
