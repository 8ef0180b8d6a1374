import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { LONG_LIVED, withBenchBackends } from '../bench-world.js';
import { round } from '../figures.js';
import { Caller, load, type Target } from '../load.js';
import { pin } from '../pinning.js';
import { startedPrograms } from '../processes.js';
import { SMALL } from '../shapes.js';
import { modernCall } from '../targets.js';
import { Paced, type Asked } from './asks.js';
import type { Extent, Part, Row, Tables } from './figures-of-scale.js';
import { closedNetwork, contentionOf, scaled } from './model.js';
import { Spending, totalOf, type Spent } from './spending.js';

/**
 * One, two and four proxies. What a machine with fewer cores cannot show is predicted: demands on processors are measured at a pace
 * that nobody has to wait at, and the laws of queues give the rest. Predictions are compared with loads that they were not made of.
 */
const COUNTS = [1, 2, 4] as const;
/** From these two the contention comes; the third checks it. */
const [ONE, CHECK, MANY] = COUNTS;
const PREDICTED = [1, 2, 4, 8, 16];
/** Of each proxy, in the runs that measure demands. */
const CALLS_PER_SECOND = 500;
const CONNECTIONS = 32;
/** The first one gives the delay that no processor explains; the others check. */
const AT_ONCE = [1, 2, 4, 8, 16, 32, 64];
const WARM_UP_MS = 1_500;
/** Asked once: this process is moved among them. */
const CORES = availableParallelism();

export const proxies: Part = {
  name: 'proxies',
  async measure(extent) {
    const world = await startWorld({
      proxies: MANY,
      demonstrationFlags: LONG_LIVED,
      configure: withBenchBackends,
      nodeFlags: [],
      probeEveryMs: 5_000,
    });
    try {
      return await measured(world, extent);
    } finally {
      place(world, 'together');
      await world.close();
    }
  },
};

async function measured(world: World, { of }: Extent): Promise<Tables> {
  const { accessToken } = await (await OAuthClient.register(world.mcpUrl)).signIn('alice');
  const targets = world.portsOf('vmcp-proxy').map((port, replica) => ({
    name: `proxy ${replica}`,
    url: `http://127.0.0.1:${port}/mcp`,
    pid: world.replicas['vmcp-proxy'][replica]?.pid ?? 0,
    ...modernCall(SMALL, 'bench-inject_echo', accessToken),
  }));
  const [first] = targets;
  if (first === undefined) throw new Error('no proxy');
  const spending = new Spending(world);
  for (const target of targets) await load(target, CONNECTIONS, of(WARM_UP_MS, 300));

  const isApart = place(world, 'first apart');
  const alone = await demandsOf([first], spending, of(5_000, 500));
  const levels: Level[] = [];
  for (const connections of AT_ONCE)
    levels.push({ connections, ...(await load(first, connections, of(2_500, 200))) });

  place(world, 'together');
  const together: Demand[] = [];
  for (const count of COUNTS)
    together.push(await demandsOf(targets.slice(0, count), spending, of(5_000, 500)));
  const full: number[] = [];
  for (const count of COUNTS) full.push(await fullLoad(targets.slice(0, count), of(4_000, 300)));
  return {
    'calls at once': concurrency(levels, alone, isApart),
    'work of a call': work(together),
    'two cores for everything': shared(together, full),
    'a core for each proxy': capacity(levels, together),
  };
}

interface Level {
  readonly connections: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Demand {
  readonly count: number;
  /** Of one call. */
  readonly proxyMs: number;
  readonly allMs: number;
  readonly asked: Asked;
  readonly spent: Spent;
}

/** What a call costs each, at a pace at which nobody waits. */
async function demandsOf(
  targets: readonly Target[],
  spending: Spending,
  durationMs: number,
): Promise<Demand> {
  const callers = targets.map((target) => new Caller(target, CONNECTIONS));
  spending.begin();
  let next = 0;
  const paced = new Paced(CALLS_PER_SECOND * targets.length, async () => {
    next += 1;
    return await callers[next % callers.length]?.call();
  });
  await pause(durationMs);
  const asked = await paced.stop();
  const spent = spending.end();
  await Promise.all(callers.map((caller) => caller.close()));
  if (asked.failed > 0) throw new Error(`calls failed at an easy pace: ${asked.said}`);
  const perCall = (micros: number): number => micros / 1_000 / asked.count;
  return {
    count: targets.length,
    proxyMs: perCall(spent.proxies),
    allMs: perCall(totalOf(spent)),
    asked,
    spent,
  };
}

/** @returns calls per second, as many as there can be. */
async function fullLoad(targets: readonly Target[], durationMs: number): Promise<number> {
  const samples = await Promise.all(
    targets.map((target) => load(target, CONNECTIONS / targets.length, durationMs)),
  );
  return samples.reduce((sum, { callsPerSecond }) => sum + callsPerSecond, 0);
}

/** The first proxy has a core, and everything else the others; or everything may run everywhere. @returns whether it could be done. */
function place(world: World, how: 'first apart' | 'together'): boolean {
  const all = `0-${CORES - 1}`;
  const others = how === 'together' ? all : `1-${CORES - 1}`;
  const { replicas, demonstration } = world;
  const [first, ...proxiesLeft] = replicas['vmcp-proxy'];
  const rest = [...proxiesLeft, ...replicas['token-vault'], ...replicas['authorization-server']];
  const programs = [...rest, demonstration.program].flatMap(({ pid }) => pid ?? []);
  if (CORES < 2) return false;
  try {
    pin(first?.pid ?? 0, how === 'together' ? all : '0');
    for (const pid of [
      process.pid,
      ...programs,
      ...startedPrograms('postgres'),
      ...startedPrograms('nats-server'),
    ])
      pin(pid, others);
    return true;
  } catch {
    return false;
  }
}

const percent = (measuredValue: number, predicted: number): number =>
  round((predicted / measuredValue - 1) * 100, 0);

function concurrency(levels: readonly Level[], { proxyMs, allMs }: Demand, isApart: boolean): readonly Row[] {
  // Not pinned: all work is that of one station, which has all cores.
  const stations = isApart
    ? [{ demandMs: proxyMs }, { demandMs: allMs - proxyMs, servers: CORES - 1 }]
    : [{ demandMs: allMs, servers: CORES }];
  const [single] = levels;
  const delayMs = Math.max(0, 1_000 / (single?.callsPerSecond ?? Number.POSITIVE_INFINITY) - allMs);
  return levels.map(({ connections, callsPerSecond, p50Ms, p99Ms }) => {
    const { perSecond } = closedNetwork(stations, delayMs, connections);
    return {
      'calls at once': connections,
      'calls/s': Math.round(callsPerSecond),
      'calls/s, model': Math.round(perSecond),
      'model is off by %': percent(callsPerSecond, perSecond),
      'p50 ms': round(p50Ms, 2),
      'p99 ms': round(p99Ms, 2),
      'cores are': isApart ? 'apart' : 'shared',
    };
  });
}

function work(demands: readonly Demand[]): readonly Row[] {
  const contention = contentionIn(demands);
  const ofOne = demandWith(demands, ONE).proxyMs;
  return demands.map(({ count, proxyMs, asked, spent }) => {
    const model = ofOne * (1 + contention * (count - 1));
    const micros = (value: number): number => round(value / asked.count, 0);
    return {
      proxies: count,
      'calls/s sent': CALLS_PER_SECOND * count,
      'proxy µs': round(proxyMs * 1_000, 0),
      'proxy µs, model': round(model * 1_000, 0),
      'model is off by %': percent(proxyMs, model),
      'vault µs': micros(spent.vaults),
      'Postgres and NATS µs': micros(spent.Postgres + spent.NATS),
      'backend µs': micros(spent['providers and backends']),
      'load µs': micros(spent.load),
      'p50 ms': asked.at(0.5),
      'p99 ms': asked.at(0.99),
    };
  });
}

const demandWith = (demands: readonly Demand[], count: number): Demand => {
  const found = demands.find((demand) => demand.count === count);
  if (found === undefined) throw new Error(`nothing was measured with ${count} proxies`);
  return found;
};

const contentionIn = (demands: readonly Demand[]): number =>
  contentionOf(demandWith(demands, ONE).proxyMs, demandWith(demands, MANY).proxyMs, MANY);

/** Everything on the cores that there are. The model is given nothing of these loads. */
const shared = (demands: readonly Demand[], full: readonly number[]): readonly Row[] =>
  demands.map(({ count, proxyMs, allMs }, index) => {
    const [ofProxies, ofCores] = [(count * 1_000) / proxyMs, (CORES * 1_000) / allMs];
    const model = Math.min(ofProxies, ofCores);
    const callsPerSecond = full[index] ?? Number.NaN;
    return {
      proxies: count,
      'calls/s': Math.round(callsPerSecond),
      'calls/s, model': Math.round(model),
      'model is off by %': percent(callsPerSecond, model),
      'what is full': ofProxies < ofCores ? 'the proxies' : 'the machine',
    };
  });

/** What no machine here can show: each proxy with a core of its own. */
function capacity(levels: readonly Level[], demands: readonly Demand[]): readonly Row[] {
  const ofOne = Math.max(...levels.map(({ callsPerSecond }) => callsPerSecond));
  const contention = contentionIn(demands);
  const checked = demandWith(demands, CHECK);
  const others = (checked.allMs - checked.proxyMs) * 1_000 - checked.spent.load / checked.asked.count;
  return PREDICTED.map((count) => {
    const perSecond = scaled(ofOne, count, contention);
    return {
      proxies: count,
      'calls/s, model': Math.round(perSecond),
      'of linear': round(perSecond / (ofOne * count), 2),
      contention: round(contention, 3),
      'cores for all else': round((perSecond * others) / 1_000_000, 1),
    };
  });
}
