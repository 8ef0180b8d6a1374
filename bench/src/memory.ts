import { setTimeout as pause } from 'node:timers/promises';
import { SERVICES } from '@gatehouse/kernel/services';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { Agent, request, type Dispatcher } from 'undici';
import { startBenchWorld, type BenchWorld } from './bench-world.js';
import { round } from './figures.js';
import { load } from './load.js';
import { rssMiB } from './processes.js';
import { SMALL } from './shapes.js';
import { beginSession, legacyHeaders, targetsOf } from './targets.js';

/**
 * Memory: of the three services that have nothing to do, of a proxy under load, of many sessions that nobody uses, and of many
 * streams on which nothing is said.
 */
const SESSIONS = Number(process.env['BENCH_SESSIONS'] ?? 10_000);
const STREAMS = Number(process.env['BENCH_STREAMS'] ?? 2_000);
const LOAD_MS = Number(process.env['BENCH_LOAD_MS'] ?? 15_000);
/** A person may have this many of each at one replica. */
const SESSIONS_OF_ONE = 200;
const STREAMS_OF_ONE = 32;
/** More is a failure, in MiB. */
const CEILINGS = { idle: 350, load: 200, sessions: 50, streams: 150 };
const AT_ONCE = 16;
/** After which somebody who was told to wait tries again. */
const TOO_MANY_MS = 1_000;
/** Until what is not used any more was collected. */
const SETTLE_MS = 5_000;

const bench = await startBenchWorld();
try {
  process.exitCode = await run(bench);
} finally {
  await bench.close();
}

async function run(running: BenchWorld): Promise<number> {
  const { proxy, world } = running;
  const rss = (): number => rssMiB(proxy.pid);
  await pause(SETTLE_MS);
  const idle = SERVICES.map((service) => ({ service, MiB: rssMiB(world.replicas[service][0]?.pid ?? 0) }));
  const client = await OAuthClient.register(world.mcpUrl);
  const people = await signIn(
    client,
    Math.ceil(Math.max(SESSIONS / SESSIONS_OF_ONE, STREAMS / STREAMS_OF_ONE)),
  );
  const [first = ''] = people;
  const sessionId = await beginSession(proxy.url, first);
  const { inject } = targetsOf(running, SMALL, { accessToken: first, sessionId });
  const peaks: number[] = [];
  for (let part = 0; part < 3; part += 1)
    peaks.push((await load(inject, SMALL.connections, LOAD_MS / 3)).peakMiB);
  await pause(SETTLE_MS);
  const beforeSessions = rss();
  await inParallel(SESSIONS, async (index) => {
    await beginSession(proxy.url, people[index % people.length] ?? '');
  });
  await pause(SETTLE_MS);
  const beforeStreams = rss();
  const agent = new Agent({ connections: STREAMS });
  const streams: Dispatcher.ResponseData[] = [];
  await inParallel(STREAMS, async (index) => {
    streams.push(await listen(proxy.url, people[Math.floor(index / STREAMS_OF_ONE)] ?? '', agent));
  });
  await pause(SETTLE_MS);
  const withStreams = rss();
  await agent.destroy();
  const figures = {
    idle: idle.reduce((sum, { MiB }) => sum + MiB, 0),
    load: Math.max(...peaks),
    sessions: beforeStreams - beforeSessions,
    streams: withStreams - beforeStreams,
  };
  console.table(idle.map(({ service, MiB }) => ({ service, 'MiB idle': Math.round(MiB) })));
  const rows = [
    { what: 'the three services, idle', MiB: figures.idle, ceiling: CEILINGS.idle },
    {
      what: `the proxy under load, peak (thirds: ${peaks.map(Math.round).join(', ')})`,
      MiB: figures.load,
      ceiling: CEILINGS.load,
    },
    {
      what: `${SESSIONS} idle sessions, added to the proxy`,
      MiB: figures.sessions,
      ceiling: CEILINGS.sessions,
    },
    {
      what: `${streams.length} open streams, added to the proxy`,
      MiB: figures.streams,
      ceiling: CEILINGS.streams,
    },
  ].map((row) => ({ ...row, MiB: round(row.MiB, 0), right: row.MiB <= row.ceiling }));
  console.table(rows);
  return rows.every(({ right }) => right) ? 0 : 1;
}

/** One after the other: all of them come from one address, which is limited. @returns their access tokens. */
async function signIn(client: OAuthClient, count: number): Promise<readonly string[]> {
  const tokens: string[] = [];
  for (let index = 0; index < count; index += 1) {
    let signedIn = await client.signIn(`bench-${index}`).catch(() => undefined);
    while (signedIn === undefined) {
      await pause(TOO_MANY_MS);
      signedIn = await client.signIn(`bench-${index}`).catch(() => undefined);
    }
    tokens.push(signedIn.accessToken);
  }
  return tokens;
}

/** A session, and the stream on which its client listens. */
async function listen(
  url: string,
  accessToken: string,
  dispatcher: Dispatcher,
): Promise<Dispatcher.ResponseData> {
  const sessionId = await beginSession(url, accessToken);
  const response = await request(url, {
    method: 'GET',
    dispatcher,
    headers: legacyHeaders(accessToken, sessionId),
  });
  if (response.statusCode !== 200)
    throw new Error(`no stream: ${response.statusCode} ${(await response.body.text()).slice(0, 300)}`);
  // It ends with the agent, which is no failure here.
  response.body.on('error', () => undefined).resume();
  return response;
}

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
