import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { printFigure } from '@gatehouse/testing/figures';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import type { Program } from '@gatehouse/testing/program';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { BACKENDS, Callers, signedIn, subjectAt, type SignedIn } from '../support/callers.js';
import { initialize, legacyWhoAmI } from '../support/legacy-session.js';
import { readinessOf, type Readiness } from '../support/readiness.js';

const WORKERS = 2;
const OFTEN_AT_EACH = 5 * BACKENDS.length;

let world: World;
let proxy: Program;
beforeAll(async () => {
  world = await startWorld({
    workers: WORKERS,
    configure: (yaml) => `${yaml}\ntelemetry: { audit: { enabled: true } }\n`,
  });
  proxy = world.replicas['vmcp-proxy'][0] ?? raise('there is a proxy');
});
afterAll(() => world.close());

let callers: Callers | undefined;
afterEach(async () => {
  await callers?.stop();
  callers = undefined;
});

const raise = (what: string): never => {
  throw new Error(what);
};

const people = (): Promise<SignedIn[]> =>
  Promise.all(['alice', 'alice', 'bob', 'bob'].map((login) => signedIn(world, login)));

const run = promisify(execFile);

async function workerPids(): Promise<readonly number[]> {
  const { stdout } = await run('pgrep', ['-P', String(proxy.pid)]).catch(() => ({ stdout: '' }));
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** Whether the process was there to get the signal. */
function isAlive(pid: number, signal: 'SIGKILL' | 0 = 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

type GroupReadiness = Readiness & {
  readonly stopping?: true;
  readonly workers?: Readonly<Record<string, string>>;
};
const readiness = async (): Promise<GroupReadiness> => await readinessOf(world, 'vmcp-proxy');

/** Every worker serves. */
const isWhole = async (): Promise<boolean> => (await readiness()).status === 'ready';

/** The samples of one metric, by worker. */
async function samples(metric: string): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`http://127.0.0.1:${world.internalPortsOf('vmcp-proxy')[0] ?? 0}/metrics`);
  const sums = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    const [, worker, value] = new RegExp(`^${metric}\\{worker="(\\w+)".*\\} (\\S+)$`).exec(line) ?? [];
    if (worker !== undefined) sums.set(worker, (sums.get(worker) ?? 0) + Number(value));
  }
  return sums;
}

const jsonLines = (): readonly Readonly<Record<string, unknown>>[] =>
  proxy.output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

test('two people in their sessions are answered by both workers, each as themselves', async () => {
  const [alice, , bob] = await people();
  if (alice === undefined || bob === undefined) throw new Error('nobody signed in');
  const sessions = await Promise.all(
    [alice, bob].map(async (person) => {
      const { sessionId } = await initialize(world.mcpUrl, person.accessToken);
      return { person, sessionId: sessionId ?? raise('no session') };
    }),
  );
  for (let round = 0; round < OFTEN_AT_EACH; round += 1)
    await Promise.all(
      sessions.map(async ({ person, sessionId }) => {
        const { status, text } = await legacyWhoAmI(world.mcpUrl, person.accessToken, 'repos', sessionId);
        expect(status).toBe(200);
        expect(text).toContain(`octo-${person.login}`);
        expect(text).not.toContain(`octo-${person.login === 'alice' ? 'bob' : 'alice'}`);
      }),
    );
  const [mine, stranger] = [sessions[0]?.sessionId ?? '', bob.accessToken];
  const stolen = await Promise.all(
    Array.from({ length: 2 * WORKERS }, () => legacyWhoAmI(world.mcpUrl, stranger, 'repos', mine)),
  );
  expect(stolen.map(({ status }) => status)).toEqual(stolen.map(() => 404));
  const calls = await samples('gatehouse_proxy_calls_total');
  printFigure(`calls by worker: ${[...calls].map(([worker, count]) => `${worker}: ${count}`).join(', ')}`);
  expect([...calls.keys()].sort()).toEqual(['1', '2']);
  expect(Math.min(...calls.values())).toBeGreaterThan(0);
});

test('a scrape of the one internal port sees every process, and each metric stands there once', async () => {
  const response = await fetch(`http://127.0.0.1:${world.internalPortsOf('vmcp-proxy')[0] ?? 0}/metrics`);
  const heads = (await response.text()).split('\n').filter((line) => line.startsWith('# TYPE'));
  expect(new Set(heads).size).toBe(heads.length);
  expect([...(await samples('process_resident_memory_bytes')).keys()].sort()).toEqual(['1', '2', 'primary']);
  expect(await readiness()).toMatchObject({
    httpStatus: 200,
    status: 'ready',
    workers: { 1: 'ready', 2: 'ready' },
  });
});

test('another user of the machine reads no more in the arguments of workers than in those of their primary', async () => {
  const pids = await workerPids();
  expect(pids).toHaveLength(WORKERS);
  const args = async (pid: number) => (await run('ps', ['-o', 'args=', '-p', String(pid)])).stdout;
  const ofPrimary = await args(proxy.pid ?? 0);
  for (const pid of pids) expect(await args(pid)).toBe(ofPrimary);
  const resident = [...(await samples('process_resident_memory_bytes'))];
  printFigure(
    `memory: ${resident.map(([worker, bytes]) => `${worker} ${Math.round(bytes / 1_048_576)} MiB`).join(', ')}`,
  );
});

test('a worker is killed while calls flow: the other one answers, it comes back, and nobody signs in again', async () => {
  const everybody = await people();
  callers = new Callers(world, everybody);
  await callers.more('right', OFTEN_AT_EACH);
  const [victim = 0] = await workerPids();
  process.kill(victim, 'SIGKILL');
  await callers.more('right', OFTEN_AT_EACH);
  await until(isWhole);
  await callers.more('right', OFTEN_AT_EACH);
  await callers.stop();
  const { right, wrong, refused } = callers;
  printFigure(`a worker killed under load: right ${right}, wrong ${wrong}, not answered ${refused.length}`);
  expect(wrong).toBe(0);
  // Those that it was answering just then.
  expect(refused.length).toBeLessThanOrEqual(everybody.length);
  expect(await workerPids()).not.toContain(victim);
  expect((await samples('gatehouse_worker_ends_total')).get('primary')).toBe(1);
  for (const { login, accessToken, client, refreshToken } of everybody) {
    for (const backend of BACKENDS)
      expect((await whoAmI(world.mcpUrl, accessToken, backend)).who).toMatchObject({
        subject: subjectAt(backend, login),
      });
    await expect(client.refresh(refreshToken)).resolves.toMatchObject({ status: 200 });
  }
});

test('a worker that is asked to stop alone finishes what it has begun, and another one takes its place', async () => {
  const before = await samples('gatehouse_worker_ends_total');
  callers = new Callers(world, await people());
  await callers.more('right', BACKENDS.length);
  const [leaver = 0] = await workerPids();
  process.kill(leaver, 'SIGTERM');
  await until(async () => !(await workerPids()).includes(leaver));
  await until(isWhole);
  await callers.more('right', BACKENDS.length);
  await callers.stop();
  expect(callers.refused).toEqual([]);
  expect(callers.wrong).toBe(0);
  const ends = await samples('gatehouse_worker_ends_total');
  expect(ends.get('primary')).toBe((before.get('primary') ?? 0) + 1);
});

test('a group that is stopped while every worker has calls answers them all, and ends with 0', async () => {
  const [alice] = await people();
  if (alice === undefined) throw new Error('nobody signed in');
  // By then every worker has listed the backend for her: what is held below are calls.
  for (let call = 0; call < 2 * WORKERS; call += 1) await whoAmI(world.mcpUrl, alice.accessToken, 'repos');
  const held = 4 * WORKERS;
  const arrived = async () => (await world.demonstration.counts()).repos.requests['mcp'] ?? 0;
  const before = await arrived();
  await world.demonstration.setFault({ part: 'repos', endpoint: 'mcp', mode: 'hold', times: held });
  const answers = Array.from({ length: held }, () => whoAmI(world.mcpUrl, alice.accessToken, 'repos'));
  await until(async () => (await arrived()) >= before + held);
  const pids = await workerPids();
  const stopped = proxy.stop();
  await until(() => jsonLines().filter(({ event }) => event === 'service-stopping').length >= 1 + WORKERS);
  const { stopping, httpStatus } = await readiness();
  expect({ stopping, httpStatus }).toEqual({ stopping: true, httpStatus: 503 });
  await world.demonstration.setFault({ part: 'repos', endpoint: 'mcp', mode: 'none' });
  for (const answer of answers) expect((await answer).who).toMatchObject({ subject: 'octo-alice' });
  expect(await stopped).toBe(0);
  expect(pids.filter((pid) => isAlive(pid))).toEqual([]);
  await proxy.start();
});

test('workers that end again and again end the group with an error', async () => {
  const told = proxy.output.length;
  const primary = proxy.pid ?? 0;
  const isOver = () => proxy.output.slice(told).includes('worker-keeps-ending');
  await until(async () => {
    for (const pid of isOver() ? [] : await workerPids()) isAlive(pid, 'SIGKILL');
    return isOver();
  });
  await until(() => !isAlive(primary));
  expect(await proxy.stop()).toBe(1);
  await proxy.start();
});

test('the log and the audit lines of all workers are whole lines of one stream, and say whose they are', () => {
  const lines = jsonLines();
  const audit = lines.filter(({ category }) => category === 'audit');
  printFigure(`lines of one proxy with two workers: ${lines.length}, of them audit lines: ${audit.length}`);
  expect(new Set(lines.filter(({ category }) => category !== 'audit').map(({ worker }) => worker))).toEqual(
    new Set([undefined, 1, 2]),
  );
  const bySource = Map.groupBy(audit, ({ process }) => process);
  expect(bySource.size).toBeGreaterThanOrEqual(WORKERS);
  for (const ofOne of bySource.values())
    expect(ofOne.map(({ seq }) => seq)).toEqual(ofOne.map((_line, index) => index + 1));
});
