import type { Service } from '@gatehouse/kernel/services';
import { printFigure } from '@gatehouse/testing/figures';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterEach, expect, test } from '@jest/globals';
import { BACKENDS, signedIn, subjectAt } from '../support/callers.js';
import { expireInVault } from '../support/database.js';
import { readinessOf } from '../support/readiness.js';

let world: World | undefined;
afterEach(() => world?.close());

/** A world in which the clock of one service is off, and access tokens live shorter than that. */
async function worldWithClockOff(service: Service, offSeconds: number): Promise<World> {
  world = await startWorld({
    environment: {
      [service]: {
        NODE_OPTIONS: `--import=${inRepository('tests/support/shifted-clock.mjs')}`,
        SHIFTED_CLOCK_MS: String(offSeconds * 1_000),
      },
    },
    demonstrationFlags: ['--sts-token-ttl', '3'],
    configure: (yaml) =>
      yaml.replace(/^authServer:$/m, 'authServer:\n  tokenLifespans: { accessTokenLifespan: 30s }'),
  });
  return world;
}

const ROUNDS = 5;

test.each<[Service, number]>([
  ['token-vault', 5],
  ['token-vault', -5],
  ['token-vault', 30],
  ['token-vault', -30],
  ['token-vault', 50],
  ['token-vault', -50],
  ['vmcp-proxy', 50],
  ['vmcp-proxy', -50],
  ['authorization-server', 50],
  ['authorization-server', -50],
])(
  'the clock of the %s is %d s from those of all others: sign-in, calls, refreshes and sign-out go on, 0 failed',
  async (service, offSeconds) => {
    const here = await worldWithClockOff(service, offSeconds);
    const person = await signedIn(here, 'alice');
    const answers: string[] = [];
    const call = async (backend: (typeof BACKENDS)[number], accessToken: string): Promise<void> => {
      const { who, status, body } = await whoAmI(here.mcpUrl, accessToken, backend);
      answers.push(
        who !== undefined && who.subject === subjectAt(backend, 'alice')
          ? 'right'
          : `${backend}: ${status} ${JSON.stringify(body)}`,
      );
    };
    let { accessToken, refreshToken } = person;
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round === 2) for (const provider of ['octo', 'acme-sso']) await expireInVault(here, provider);
      await Promise.all(BACKENDS.map((backend) => call(backend, accessToken)));
      const refreshed = await person.client.refresh(refreshToken);
      expect(refreshed.status).toBe(200);
      ({ access_token: accessToken = '', refresh_token: refreshToken = '' } = refreshed);
    }
    const failed = answers.filter((answer) => answer !== 'right');
    const shown = await skewsOf(here, service, offSeconds);
    printFigure(
      `clock of the ${service} ${offSeconds} s off: calls ${answers.length}, failed ${failed.length}; it says ${JSON.stringify(shown)}`,
    );
    expect(failed).toEqual([]);
    expect(await person.client.revoke(refreshToken)).toBe(200);
    await until(async () => (await whoAmI(here.mcpUrl, accessToken, 'repos')).status === 401);
  },
);

/** What is shown of it, and that the log says so once when it is too far. */
async function skewsOf(
  here: World,
  service: Service,
  offSeconds: number,
): Promise<Readonly<Record<string, number>>> {
  const against = service === 'vmcp-proxy' ? 'token-vault' : 'database';
  const near = (seconds: number | undefined): boolean =>
    seconds !== undefined && Math.abs(seconds - offSeconds) < 5;
  await until(async () => near((await readinessOf(here, service)).clocks[against]?.skewSeconds));
  const { clocks, httpStatus } = await readinessOf(here, service);
  const isTooFar = Math.abs(offSeconds) >= 40;
  if (isTooFar) expect(clocks[against]?.status).toBe('too_far');
  if (Math.abs(offSeconds) < 20) expect(clocks[against]?.status).toBe('ok');
  expect(httpStatus).toBe(200);
  const [replica] = here.replicas[service];
  const said = replica?.output.split('\n').filter((line) => line.includes('clock-skew-too-large')) ?? [];
  if (isTooFar) expect(said.filter((line) => line.includes(`"against":"${against}"`))).toHaveLength(1);
  if (Math.abs(offSeconds) < 20) expect(said).toEqual([]);
  const [port = 0] = here.internalPortsOf(service);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(metrics).toContain(`gatehouse_clock_skew_seconds{against="${against}"}`);
  return Object.fromEntries(Object.entries(clocks).map(([name, { skewSeconds }]) => [name, skewSeconds]));
}
