import { writeFileSync } from 'node:fs';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startBenchWorld, type BenchWorld } from './bench-world.js';
import { medianOf, median, ofTheHop, round, rowOf, type Measured } from './figures.js';
import { FLOORS } from './floors.js';
import { load, type Sample, type Target } from './load.js';
import { ALONE, LARGER, SMALL, type Shape } from './shapes.js';
import { beginSession, targetsOf, type Targets } from './targets.js';

/**
 * The same load in one run: direct to a backend, through a bare hop, and through Gatehouse. The hop is measured anew just
 * before what is compared with it, so that other load on the machine affects both. What is printed are the medians of all rounds, and the medians of their ratios.
 */
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 1_000);
/** Of each target, so that what runs often is compiled by then. */
const WARM_UP_CALLS = Number(process.env['BENCH_WARM_UP_CALLS'] ?? 4_000);
const WARM_UP_MS = 500;
const MAX_WARM_UP_MS = 8_000;
/** Only these loads; all of them where nothing is named. */
const ONLY = process.env['BENCH_ONLY']?.split(',');
/** A folder for CPU profiles of the proxy, which is slower then: the figures do not count. */
const PROFILE = process.env['BENCH_PROFILE'];

interface Case {
  readonly shape: Shape;
  /** Groups; each begins with a sample of the hop, with which the others are compared. */
  readonly groups: readonly (readonly Target[])[];
}

const environment =
  PROFILE === undefined ? {} : { 'vmcp-proxy': { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${PROFILE}` } };
const bench = await startBenchWorld(environment);
try {
  process.exitCode = await run(bench);
} finally {
  await bench.close();
}

async function run(running: BenchWorld): Promise<number> {
  const { accessToken } = await (await OAuthClient.register(running.world.mcpUrl)).signIn('alice');
  const sessionId = await beginSession(running.proxy.url, accessToken);
  const of = (shape: Shape): Targets => targetsOf(running, shape, { accessToken, sessionId });
  const { hop, direct, inject } = of(ALONE);
  const small = of(SMALL);
  const cases: readonly Case[] = [
    { shape: ALONE, groups: [[hop, inject, direct]] },
    {
      shape: SMALL,
      groups: [
        [small.hop, small.inject, small.legacy],
        [small.hop, small.static, small.exchange],
      ],
    },
    ...LARGER.map((shape) => ({ shape, groups: [[of(shape).hop, of(shape).inject]] })),
  ].filter(({ shape }) => ONLY === undefined || ONLY.includes(shape.name));
  const measured = await measure(cases);
  const table = measured.map(rowOf);
  console.table(table);
  const perCall = await backendRequestsPerCall(running, [
    small.static,
    small.inject,
    small.exchange,
    small.legacy,
  ]);
  console.table(perCall);
  const summary = summaryOf(measured);
  for (const line of summary) console.log(line);
  if (process.env['BENCH_JSON'] !== undefined)
    writeFileSync(process.env['BENCH_JSON'], JSON.stringify({ table, perCall, summary }, null, 2));
  const misses = missed(measured);
  for (const miss of misses) console.log(`BELOW ITS FLOOR: ${miss}`);
  const oneEach = perCall.every((row) => row['backend requests per call'] === 1);
  console.log(`one backend request per warm call: ${oneEach ? 'yes' : 'NO'}`);
  return misses.length === 0 && oneEach ? 0 : 1;
}

async function measure(cases: readonly Case[]): Promise<readonly Measured[]> {
  const measured = new Map<string, Measured>();
  const note = (shape: Shape, target: Target, own: Sample, hop: Sample): void => {
    const { connections } = shape;
    const key = `${shape.name}\n${target.name}`;
    const known = measured.get(key) ?? { shape: shape.name, connections, target, pairs: [] };
    known.pairs.push({ own, hop });
    measured.set(key, known);
  };
  for (const { shape, groups } of cases)
    for (const target of new Set(groups.flat())) await warmUp(target, shape);
  for (let count = 0; count < ROUNDS; count += 1)
    for (const { shape, groups } of cases)
      for (const [hopTarget, ...others] of groups) {
        if (hopTarget === undefined) continue;
        const hop = await load(hopTarget, shape.connections, ROUND_MS);
        note(shape, hopTarget, hop, hop);
        for (const target of others)
          note(shape, target, await load(target, shape.connections, ROUND_MS), hop);
      }
  return [...measured.values()];
}

async function warmUp(target: Target, { connections }: Shape): Promise<void> {
  const endAtMs = performance.now() + MAX_WARM_UP_MS;
  for (let calls = 0; calls < WARM_UP_CALLS && performance.now() < endAtMs;)
    calls += (await load(target, connections, WARM_UP_MS)).calls;
}

/** What no single row says. */
function summaryOf(measured: readonly Measured[]): readonly string[] {
  const find = (shape: Shape, name: string): Measured | undefined =>
    measured.find((one) => one.shape === shape.name && one.target.name === name);
  const lines: string[] = [];
  const [alone, direct] = [find(ALONE, 'gatehouse, inject'), find(ALONE, 'direct')];
  if (alone !== undefined && direct !== undefined) {
    const added = medianOf(alone, 'p50Ms') - medianOf(direct, 'p50Ms');
    lines.push(`added by inject at one connection, p50: ${round(added, 2)} ms`);
  }
  const [modern, legacy] = [find(SMALL, 'gatehouse, inject'), find(SMALL, 'gatehouse, inject, session')];
  if (modern !== undefined && legacy !== undefined) {
    const ratios = legacy.pairs.map(
      ({ own }, index) => own.callsPerSecond / (modern.pairs[index]?.own.callsPerSecond ?? Number.NaN),
    );
    lines.push(`calls of a session, of modern ones: ${round(median(ratios))}`);
  }
  return lines;
}

function missed(measured: readonly Measured[]): readonly string[] {
  if (PROFILE !== undefined) return [];
  return measured.flatMap((one) => {
    const floor = FLOORS.find(({ shape, target }) => shape === one.shape && target === one.target.name);
    const ratio = ofTheHop(one, 'callsPerSecond');
    return floor === undefined || ratio >= floor.ofTheHop
      ? []
      : [`${one.shape}, ${one.target.name}: ${round(ratio)} of the hop, floor ${floor.ofTheHop}`];
  });
}

/** Counted by the backend itself, over a warm second of each kind. */
async function backendRequestsPerCall(running: BenchWorld, targets: readonly Target[]) {
  const { demonstration } = running.world;
  const counted = [];
  for (const target of targets) {
    await demonstration.reset();
    const { calls } = await load(target, 8, 1_000);
    const methods = (await demonstration.counts()).repos.mcp['/bench/mcp'] ?? {};
    const requests = Object.values(methods).reduce(
      (sum, { legacy = 0, modern = 0 }) => sum + legacy + modern,
      0,
    );
    counted.push({
      target: target.name,
      calls,
      'backend requests': requests,
      'backend requests per call': round(requests / calls),
    });
  }
  return counted;
}
