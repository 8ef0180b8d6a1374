import { availableParallelism } from 'node:os';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { LONG_LIVED, withBenchBackends } from '../bench-world.js';
import { round } from '../figures.js';
import { load, type Target } from '../load.js';
import { pin } from '../pinning.js';
import { startedPrograms } from '../processes.js';
import { SMALL } from '../shapes.js';
import { modernCall } from '../targets.js';
import type { Extent, Part, Row, Tables } from './figures-of-scale.js';
import { closedNetwork, contentionOf, scaled, sharedTurns } from './model.js';
import { Spending, totalOf, type Spent } from './spending.js';

/**
 * One, two and four proxies. What a machine with fewer cores cannot show is predicted: processor times are measured at the two ends, and
 * the laws of queues give what is between and beyond. Predictions are compared with loads that they were not made of.
 */
const COUNTS = [1, 2, 4] as const;
/** From these two the contention comes; the third checks it. */
const [ONE, CHECK, MANY] = COUNTS;
const PREDICTED = [1, 2, 4, 8, 16];
/** Calls at once at each proxy, where several have as much as they can do. */
const CONNECTIONS = 32;
/** The first and the last say what a call costs; those between check. */
const AT_ONCE = [1, 2, 4, 8, 16, 32, 64] as const;
/** Until V8 has compiled what a call runs through. */
const WARM_UP_MS = 6_000;
/** Each load comes this often, in turn with the others; the median counts. */
const ROUNDS = 5;
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
  const levels = await inRounds(
    AT_ONCE.map((connections) => () => loaded([first], connections, spending, of(1_200, 100))),
  );
  place(world, 'together');
  const together = await inRounds(
    COUNTS.map((count) => () => loaded(targets.slice(0, count), CONNECTIONS, spending, of(1_500, 100))),
  );
  const alone = demandOf(levels);
  return {
    'calls at once': concurrency(levels, alone, isApart),
    'work of a call': work(together),
    'two cores for everything': shared(together, alone),
    'a core for each proxy': capacity(levels, together),
  };
}

/** What came of a load, and what one call of it cost. */
interface Load {
  readonly proxies: number;
  /** At each proxy. */
  readonly connections: number;
  readonly calls: number;
  readonly callsPerSecond: number;
  /** Of the proxy where they are longest. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly proxyMs: number;
  readonly allMs: number;
  readonly spent: Spent;
}

/** As many calls as there can be, from so many connections to each of the targets. */
async function loaded(
  targets: readonly Target[],
  connections: number,
  spending: Spending,
  durationMs: number,
): Promise<Load> {
  spending.begin();
  const samples = await Promise.all(targets.map((target) => load(target, connections, durationMs)));
  const spent = spending.end();
  const calls = samples.reduce((sum, sample) => sum + sample.calls, 0);
  return {
    proxies: targets.length,
    connections,
    calls,
    callsPerSecond: samples.reduce((sum, sample) => sum + sample.callsPerSecond, 0),
    p50Ms: Math.max(...samples.map(({ p50Ms }) => p50Ms)),
    p99Ms: Math.max(...samples.map(({ p99Ms }) => p99Ms)),
    proxyMs: spent.proxies / 1_000 / calls,
    allMs: totalOf(spent) / 1_000 / calls,
    spent,
  };
}

/** A machine is not as fast in one second as in the next. */
async function inRounds(runs: readonly (() => Promise<Load>)[]): Promise<readonly Load[]> {
  const found = runs.map((): Load[] => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, run] of runs.entries()) found[index]?.push(await run());
  return found.map((loads) => {
    const [median] = loads
      .sort((one, other) => one.callsPerSecond - other.callsPerSecond)
      .slice(Math.floor(ROUNDS / 2));
    if (median === undefined) throw new Error('no load was measured');
    return median;
  });
}

interface Demand {
  readonly proxyMs: number;
  readonly othersMs: number;
}

/** What one call costs when so many are at once. */
type DemandAt = (calls: number) => Demand;

/**
 * Each turn of a process has a price, which the calls that are at once share; the rest of a call's price is its own. The two ends of the
 * levels say how much is which.
 */
function demandOf(levels: readonly Load[]): DemandAt {
  const [few, many] = [levels.at(0), levels.at(-1)];
  if (few === undefined || many === undefined) throw new Error('no load was measured');
  const others = ({ allMs, proxyMs }: Load): number => allMs - proxyMs;
  const proxyMs = sharedTurns([few.connections, few.proxyMs], [many.connections, many.proxyMs]);
  const othersMs = sharedTurns([few.connections, others(few)], [many.connections, others(many)]);
  return (calls) => ({ proxyMs: proxyMs(calls), othersMs: othersMs(calls) });
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

function concurrency(levels: readonly Load[], alone: DemandAt, isApart: boolean): readonly Row[] {
  const [single] = levels;
  if (single === undefined) throw new Error('no load was measured');
  const delayMs = Math.max(0, 1_000 / single.callsPerSecond - single.allMs);
  return levels.map(({ connections, callsPerSecond, p50Ms, p99Ms, proxyMs }) => {
    const demand = alone(connections);
    // Not pinned: all work is that of one station, which has all cores.
    const stations = isApart
      ? [{ demandMs: demand.proxyMs }, { demandMs: demand.othersMs, servers: CORES - 1 }]
      : [{ demandMs: demand.proxyMs + demand.othersMs, servers: CORES }];
    const { perSecond } = closedNetwork(stations, delayMs, connections);
    return {
      'calls at once': connections,
      'calls/s': Math.round(callsPerSecond),
      'calls/s, model': Math.round(perSecond),
      'model is off by %': percent(callsPerSecond, perSecond),
      'proxy µs': round(proxyMs * 1_000, 0),
      'proxy µs, model': round(demand.proxyMs * 1_000, 0),
      'p50 ms': round(p50Ms, 2),
      'p99 ms': round(p99Ms, 2),
      'cores are': isApart ? 'apart' : 'shared',
    };
  });
}

function work(loads: readonly Load[]): readonly Row[] {
  const contention = contentionIn(loads);
  const ofOne = loadOf(loads, ONE).proxyMs;
  return loads.map(({ proxies: count, proxyMs, calls, spent, p50Ms, p99Ms }) => {
    const model = ofOne * (1 + contention * (count - 1));
    const micros = (value: number): number => round(value / calls, 0);
    return {
      proxies: count,
      'proxy µs': round(proxyMs * 1_000, 0),
      'proxy µs, model': round(model * 1_000, 0),
      'model is off by %': percent(proxyMs, model),
      'vault µs': micros(spent.vaults),
      'Postgres and NATS µs': micros(spent.Postgres + spent.NATS),
      'backend µs': micros(spent['providers and backends']),
      'load µs': micros(spent.load),
      'p50 ms': round(p50Ms, 2),
      'p99 ms': round(p99Ms, 2),
    };
  });
}

const loadOf = (loads: readonly Load[], count: number): Load => {
  const found = loads.find(({ proxies: of }) => of === count);
  if (found === undefined) throw new Error(`nothing was measured with ${count} proxies`);
  return found;
};

const contentionIn = (loads: readonly Load[]): number =>
  contentionOf(loadOf(loads, ONE).proxyMs, loadOf(loads, MANY).proxyMs, MANY);

/** Everything on the cores that there are. Of these loads the model is given the contention alone. */
const shared = (loads: readonly Load[], alone: DemandAt): readonly Row[] =>
  loads.map(({ proxies: count, callsPerSecond }) => {
    const { proxyMs: ofOne, othersMs } = alone(CONNECTIONS);
    const proxyMs = ofOne * (1 + contentionIn(loads) * (count - 1));
    const [ofProxies, ofCores] = [(count * 1_000) / proxyMs, (CORES * 1_000) / (proxyMs + othersMs)];
    const model = Math.min(ofProxies, ofCores);
    return {
      proxies: count,
      'calls/s': Math.round(callsPerSecond),
      'calls/s, model': Math.round(model),
      'model is off by %': percent(callsPerSecond, model),
      'what is full': ofProxies < ofCores ? 'the proxies' : 'the machine',
    };
  });

/** What no machine here can show: each proxy with a core of its own. */
function capacity(levels: readonly Load[], loads: readonly Load[]): readonly Row[] {
  const ofOne = Math.max(...levels.map(({ callsPerSecond }) => callsPerSecond));
  const contention = contentionIn(loads);
  const checked = loadOf(loads, CHECK);
  const others = (checked.allMs - checked.proxyMs) * 1_000 - checked.spent.load / checked.calls;
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
