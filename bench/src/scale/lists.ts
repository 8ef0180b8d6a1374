import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';
import type { World } from '@gatehouse/testing/world';
import { request } from 'undici';
import { median, round } from '../figures.js';
import { forgetPeak, peakMiB, rssMiB } from '../processes.js';
import { modernList } from '../targets.js';
import type { Row } from './figures-of-scale.js';
import { RENAMED, type Many, type ManyBackends } from './many-backends.js';

/** From the cache, after the first one. */
const LISTS = 10;
/** Until a list has everything. */
const WHOLE_WITHIN_MS = 60_000;

/** What a configuration with so many backends costs, from its check to the lists that people get. */
export async function listsWith(
  world: World,
  many: Many,
  backends: ManyBackends,
  [first, second]: readonly [string, string],
): Promise<Row> {
  const [proxy] = world.replicas['vmcp-proxy'];
  if (proxy === undefined) throw new Error('no proxy');
  await proxy.stop();
  const validatedMs = await validated(await reconfigured(world, (yaml) => backends.configured(yaml, many)));
  // The vault has to know them before somebody asks it for a credential.
  await untilTakenUp(world);
  const startedMs = await took(async () => await proxy.start());
  const idleMiB = rssMiB(proxy.pid ?? 0);
  forgetPeak(proxy.pid ?? 0);
  const url = `http://127.0.0.1:${world.portsOf('vmcp-proxy')[0] ?? 0}/mcp`;
  const wanted = many.backends * many.toolsOfEach;
  const firstList = await wholeList(url, first, wanted);
  const cachedMs: number[] = [];
  for (let count = 0; count < LISTS; count += 1) cachedMs.push((await list(url, first)).tookMs);
  const withOneMiB = rssMiB(proxy.pid ?? 0);
  const others = await wholeList(url, second, wanted);
  const reloadedMs = await reloaded(world, (yaml) => backends.configured(yaml, many, true));
  return {
    backends: many.backends,
    tools: wanted,
    names: many.conflictResolution ?? 'prefix',
    'validate ms': round(validatedMs, 0),
    'start ms': round(startedMs, 0),
    'first list ms': round(firstList.tookMs, 0),
    'tools in it': firstList.tools,
    'all listed ms': round(firstList.wholeMs, 0),
    'cached list ms': round(median(cachedMs), 1),
    'list MiB': round(firstList.bytes / 1_048_576, 2),
    'next person ms': round(others.wholeMs, 0),
    'proxy MiB before': round(idleMiB, 0),
    'with lists': round(withOneMiB, 0),
    peak: round(peakMiB(proxy.pid ?? 0), 0),
    'reload ms': round(reloadedMs, 0),
  };
}

interface List {
  readonly tookMs: number;
  readonly bytes: number;
  readonly tools: number;
}

async function list(url: string, accessToken: string): Promise<List> {
  const beganAtMs = performance.now();
  const { headers, body: sent } = modernList(accessToken);
  const { statusCode, body } = await request(url, {
    method: 'POST',
    headers,
    body: sent,
    headersTimeout: WHOLE_WITHIN_MS,
  });
  const bytes = Buffer.from(await body.arrayBuffer());
  const tookMs = performance.now() - beganAtMs;
  if (statusCode !== 200) throw new Error(`no list: ${statusCode} ${bytes.toString('utf8', 0, 300)}`);
  const { result } = JSON.parse(bytes.toString()) as {
    readonly result?: { readonly tools?: readonly Tool[] };
  };
  return {
    tookMs,
    bytes: bytes.length,
    tools: (result?.tools ?? []).filter(({ name = '' }) => name.includes('_records_')).length,
  };
}

interface Tool {
  readonly name?: string;
}

/** The first list, and how long it takes until one has all tools: a slow backend does not hold up the others. */
async function wholeList(
  url: string,
  accessToken: string,
  wanted: number,
): Promise<List & { readonly wholeMs: number }> {
  const beganAtMs = performance.now();
  const first = await list(url, accessToken);
  let latest = first;
  while (latest.tools < wanted && performance.now() < beganAtMs + WHOLE_WITHIN_MS)
    latest = await list(url, accessToken);
  if (latest.tools < wanted)
    throw new Error(`${latest.tools} of ${wanted} tools after ${WHOLE_WITHIN_MS} ms`);
  return { ...first, bytes: latest.bytes, wholeMs: performance.now() - beganAtMs };
}

const generationsOf = async (world: World): Promise<readonly number[]> =>
  await Promise.all(
    (['authorization-server', 'token-vault'] as const).map(async (service) => {
      const response = await fetch(`http://127.0.0.1:${world.internalPortsOf(service)[0] ?? 0}/metrics`);
      return Number(/^\S*configuration_generation(?:\{[^}]*\})? (\d+)/m.exec(await response.text())?.[1]);
    }),
  );

/** Each service looks at its file once in a second; it is told at once. */
async function untilTakenUp(world: World): Promise<void> {
  const before = await generationsOf(world);
  for (const service of ['authorization-server', 'token-vault'] as const)
    process.kill(world.replicas[service][0]?.pid ?? 0, 'SIGHUP');
  await until(async () => (await generationsOf(world)).every((now, index) => now > (before[index] ?? 0)));
}

/** From the signal until the proxy has the other backend. */
async function reloaded(world: World, configure: (yaml: string) => string): Promise<number> {
  await world.reconfigure(configure, ['vmcp-proxy']);
  return await took(async () => {
    process.kill(world.replicas['vmcp-proxy'][0]?.pid ?? 0, 'SIGHUP');
    await until(async () => {
      const response = await fetch(`http://127.0.0.1:${world.internalPortsOf('vmcp-proxy')[0] ?? 0}/status`);
      const { backends } = (await response.json()) as {
        readonly backends: Readonly<Record<string, unknown>>;
      };
      return RENAMED in backends;
    });
  });
}

/** @returns the configuration that every service has now. */
export async function reconfigured(world: World, configure: (yaml: string) => string): Promise<string> {
  let text = '';
  await world.reconfigure((yaml) => (text = configure(yaml)));
  return text;
}

/** `gatehouse validate`, the start of its process included. */
export async function validated(text: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-scale-'));
  const file = join(folder, 'gatehouse.yaml');
  const program = inRepository('apps/gatehouse/dist/main.js');
  try {
    await writeFile(file, text);
    return await took(async () => await promisify(execFile)(process.execPath, [program, 'validate', file]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function took(work: () => Promise<unknown>): Promise<number> {
  const beganAtMs = performance.now();
  await work();
  return performance.now() - beganAtMs;
}
