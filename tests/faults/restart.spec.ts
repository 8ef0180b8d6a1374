import type { Service } from '@gatehouse/kernel/services';
import { signIn } from '@gatehouse/scripted-browser/sign-in';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { answersOk } from '@gatehouse/testing/program';
import { until } from '@gatehouse/testing/until';
import { printFigure } from '@gatehouse/testing/figures';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { BACKENDS, Callers, signedIn, subjectAt, type SignedIn } from '../support/callers.js';

/** Exchanged tokens live so briefly that the vault is asked all the time. */
const STS_TTL_SECONDS = '3';

let world: World;
beforeAll(async () => {
  world = await startWorld({ replicas: 2, demonstrationFlags: ['--sts-token-ttl', STS_TTL_SECONDS] });
});
afterAll(() => world.close());

/** For what hangs: many restarts take their time on a busy machine. */
const FOREVER_MS = 1_200_000;
const ONCE_AT_EACH = BACKENDS.length;
const OFTEN_AT_EACH = 5 * BACKENDS.length;

let callers: Callers | undefined;
afterEach(() => callers?.stop());

const people = (): Promise<SignedIn[]> =>
  Promise.all(['alice', 'alice', 'bob', 'bob'].map((login) => signedIn(world, login)));

async function nobodySignsInAgain(everybody: readonly SignedIn[]): Promise<void> {
  for (const { login, accessToken, client, refreshToken } of everybody) {
    for (const backend of BACKENDS)
      expect((await whoAmI(world.mcpUrl, accessToken, backend)).who).toMatchObject({
        subject: subjectAt(backend, login),
      });
    await expect(client.refresh(refreshToken)).resolves.toMatchObject({ status: 200 });
  }
}

const told = (name: string, { right, wrong, retryable, others, slowestMs }: Callers): void =>
  printFigure(
    `${name}: right ${right}, wrong ${wrong}, retryable ${retryable}, other ${others.length}, slowest answer ${Math.round(slowestMs)} ms`,
  );

test.each<[string, Service]>([
  ['the vault', 'token-vault'],
  ['the authorization server', 'authorization-server'],
  ['the proxy', 'vmcp-proxy'],
])(
  'one of two replicas of %s is killed and restarted while calls flow: no caller hears of it but those it was answering',
  async (name, service) => {
    const everybody = await people();
    const [replica] = world.replicas[service];
    const unansweredBefore = world.balancers['vmcp-proxy'].unanswered;
    callers = new Callers(world, everybody);
    await callers.more('right', OFTEN_AT_EACH);
    await replica?.kill();
    await callers.more('answered', OFTEN_AT_EACH);
    await replica?.start();
    await callers.more('right', OFTEN_AT_EACH);
    await callers.stop();
    const unanswered = world.balancers['vmcp-proxy'].unanswered - unansweredBefore;
    told(`one of two replicas of ${name} killed (${unanswered} calls were at it)`, callers);
    expect(callers.wrong).toBe(0);
    expect(callers.refused.filter(({ status }) => status !== 502)).toEqual([]);
    // Only the client knows whether a call may be repeated. So nobody else repeats a call that a dead proxy had accepted.
    expect(callers.refused).toHaveLength(unanswered);
    if (service !== 'vmcp-proxy') expect(unanswered).toBe(0);
    await nobodySignsInAgain(everybody);
  },
);

const ALL: readonly [string, Service | 'nats'][] = [
  ['all vaults', 'token-vault'],
  ['all authorization servers', 'authorization-server'],
  ['all proxies', 'vmcp-proxy'],
  ['nats-server', 'nats'],
];
const partsOf = (what: Service | 'nats') => (what === 'nats' ? [world.nats] : world.replicas[what]);

test.each(ALL)(
  '%s killed and restarted while calls flow: no wrong answer, only retryable errors, no new sign-in',
  async (name, what) => {
    const everybody = await people();
    const parts = partsOf(what);
    callers = new Callers(world, everybody);
    await callers.more('right', OFTEN_AT_EACH);
    await Promise.all(parts.map((part) => part.kill()));
    // Some calls get no answer, and need time to notice.
    await callers.more('answered', ONCE_AT_EACH);
    await Promise.all(parts.map((part) => part.start()));
    await callers.more('right', OFTEN_AT_EACH);
    await callers.stop();
    told(`${name} killed`, callers);
    expect(callers.wrong).toBe(0);
    expect(callers.others.slice(0, 3)).toEqual([]);
    await nobodySignsInAgain(everybody);
  },
);

async function everybodyIsReady(): Promise<boolean> {
  const ports = (Object.keys(world.replicas) as Service[]).flatMap((service) =>
    world.internalPortsOf(service),
  );
  const ready = await Promise.all(ports.map((port) => answersOk(`http://127.0.0.1:${port}/readyz`)));
  return ready.every(Boolean);
}

test.each(ALL)(
  '%s killed and restarted at every page of a sign-in, before its code and before its refresh token are redeemed: it goes on to its end',
  async (name, what) => {
    let restarts = 0;
    const restart = async (): Promise<void> => {
      await Promise.all(partsOf(what).map((part) => part.kill()));
      await Promise.all(partsOf(what).map((part) => part.start()));
      await until(everybodyIsReady);
      restarts += 1;
    };
    const client = await OAuthClient.register(world.mcpUrl);
    const request = client.authorizationRequest();
    const outcome = await signIn(newBrowser(), request.url, {
      login: 'carol',
      password: PASSWORD,
      meanwhile: restart,
    });
    if (outcome.kind !== 'redirected') throw new Error(`${outcome.reason}: ${outcome.page.text}`);
    await restart();
    const code = new URL(outcome.url).searchParams.get('code') ?? '';
    const tokens = await client.redeem(code, request.codeVerifier);
    await restart();
    const renewed = await client.refresh(tokens.refresh_token ?? '');
    await restart();
    for (const backend of BACKENDS)
      expect((await whoAmI(world.mcpUrl, renewed.access_token ?? '', backend)).who).toMatchObject({
        subject: subjectAt(backend, 'carol'),
      });
    printFigure(`${name} restarted ${restarts} times in the middle of one sign-in: signed in`);
    expect(restarts).toBeGreaterThan(5);
  },
  FOREVER_MS,
);
