import { availableParallelism } from 'node:os';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { LONG_LIVED, withBenchBackends } from './bench-world.js';
import { median, round } from './figures.js';
import { load, type Target } from './load.js';
import { childrenOf, pin } from './pinning.js';
import { cpuMicros } from './processes.js';
import { SMALL } from './shapes.js';
import { modernCall } from './targets.js';
import startPostgres from '../../libs/testing/jest-global-setup.mjs';
import stopPostgres from '../../libs/testing/jest-global-teardown.mjs';

/**
 * Small calls through a proxy with one worker and through one with two, in turns, in one run (docs/workers.md). What the load and the
 * backend take of the same cores is not there for workers, so the first line says where everything runs.
 */
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 2_000);
const CONNECTIONS = 32;
const WORKERS = [1, 2] as const;
/** Two of workers, one of the load, one of the backend and the other services. */
const ENOUGH_CORES = 4;

await startPostgres();
const world = await startWorld({
  proxies: WORKERS.length,
  workers: WORKERS,
  demonstrationFlags: LONG_LIVED,
  configure: withBenchBackends,
  nodeFlags: [],
});
try {
  console.log(pinned(world));
  console.table(await measured(world));
} finally {
  await world.close();
  await stopPostgres();
}

/** @returns where what runs, in words. */
function pinned({ replicas, demonstration }: World): string {
  const cores = availableParallelism();
  const hasRoom = cores >= ENOUGH_CORES;
  const proxies = replicas['vmcp-proxy'].map(({ pid = 0 }) => [pid, ...childrenOf(pid)]);
  const others = [process.pid, demonstration.program.pid ?? 0];
  const places: readonly (readonly [readonly number[], string])[] = [
    ...proxies.map((pids, index) => [pids, index === 0 ? '0' : '0,1'] as const),
    ...(hasRoom ? [[others, `2-${cores - 1}`] as const] : []),
  ];
  const all = `${cores} cores;`;
  try {
    for (const [pids, list] of places) for (const pid of pids) pin(pid, list);
  } catch {
    return `${all} nothing is pinned, since taskset cannot do it: the ratio says little.`;
  }
  return hasRoom
    ? `${all} pinned: one worker to core 0, two workers and their primary to cores 0 and 1, load and backend to the others.`
    : `${all} pinned: one worker to core 0, two workers and their primary to cores 0 and 1. Load and backend have no cores of their own and take from these: the ratio says what this machine can do, not what workers can.`;
}

async function measured(running: World) {
  const { accessToken } = await (await OAuthClient.register(running.mcpUrl)).signIn('alice');
  const rows = WORKERS.map((workers, replica) => ({
    workers,
    target: targetOf(running, replica, accessToken),
  }));
  const samples = rows.map(() => ({ rates: [] as number[], p99s: [] as number[], senders: [] as number[] }));
  for (const { target } of rows) await load(target, CONNECTIONS, ROUND_MS);
  for (let turn = 0; turn < ROUNDS; turn += 1)
    for (const [index, { target }] of rows.entries()) {
      const before = { cpu: cpuMicros(process.pid), atMs: performance.now() };
      const { callsPerSecond, p99Ms } = await load(target, CONNECTIONS, ROUND_MS);
      const share = (cpuMicros(process.pid) - before.cpu) / (performance.now() - before.atMs) / 10;
      samples[index]?.rates.push(callsPerSecond);
      samples[index]?.p99s.push(p99Ms);
      samples[index]?.senders.push(share);
    }
  const one = median(samples[0]?.rates ?? []);
  return rows.map(({ workers }, index) => {
    const { rates = [], p99s = [], senders = [] } = samples[index] ?? {};
    return {
      workers,
      'calls/s': Math.round(median(rates)),
      'of one worker': round(median(rates) / one),
      'p99 ms': round(median(p99s)),
      // Near 100 the load is the limit, and no proxy can show more.
      'sender busy %': Math.round(median(senders)),
    };
  });
}

function targetOf(running: World, replica: number, accessToken: string): Target {
  return {
    name: `${WORKERS[replica] ?? 0} workers`,
    url: `http://127.0.0.1:${running.portsOf('vmcp-proxy')[replica] ?? 0}/mcp`,
    pid: running.replicas['vmcp-proxy'][replica]?.pid ?? 0,
    ...modernCall(SMALL, 'bench-inject_echo', accessToken),
  };
}
