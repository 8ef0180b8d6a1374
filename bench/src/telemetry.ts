import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { LONG_LIVED, withBenchBackends } from './bench-world.js';
import { median, round } from './figures.js';
import { load, type Sample, type Target } from './load.js';
import { SMALL } from './shapes.js';
import { modernCall } from './targets.js';
import startPostgres from '../../libs/testing/jest-global-setup.mjs';
import stopPostgres from '../../libs/testing/jest-global-teardown.mjs';

/**
 * What telemetry costs a warm call with an injected credential: the same load at replicas of one gateway that differ in
 * nothing else, in turns, in one run. It prints the medians of the rounds, and the ratios to the replica that tells nothing.
 */
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 2_000);
const CONNECTIONS = 16;

/** Takes whatever it is sent. Its own cost is not counted. */
const collector = createServer((request, response) => {
  request
    .resume()
    .once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
});
await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
// It listens on TCP.
const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;

const traces = (ratio: number): string => `otlp: { endpoint: '${endpoint}', samplingRatio: ${ratio} }`;
const KINDS: readonly { readonly name: string; readonly telemetry: string }[] = [
  { name: 'off', telemetry: '' },
  { name: 'audit on', telemetry: 'audit: { enabled: true }' },
  { name: 'traces, ratio 0', telemetry: traces(0) },
  { name: 'traces, ratio 0.1', telemetry: traces(0.1) },
  { name: 'traces, ratio 1', telemetry: traces(1) },
];

await startPostgres();
const world = await startWorld({
  proxies: KINDS.length,
  demonstrationFlags: LONG_LIVED,
  configure: withBenchBackends,
  configureProxy: (yaml, replica) => `${yaml}\ntelemetry: { ${KINDS[replica]?.telemetry ?? ''} }\n`,
});
try {
  console.table(await measured(world));
} finally {
  await world.close();
  await stopPostgres();
  collector.closeAllConnections();
  collector.close();
}

async function measured(running: World) {
  const { accessToken } = await (await OAuthClient.register(running.mcpUrl)).signIn('alice');
  const targets = KINDS.map(({ name }, replica): Target => ({
    name,
    url: `http://127.0.0.1:${running.portsOf('vmcp-proxy')[replica]}/mcp`,
    pid: running.replicas['vmcp-proxy'][replica]?.pid ?? 0,
    ...modernCall(SMALL, 'bench-inject_echo', accessToken),
  }));
  for (const target of targets) await load(target, 4, 1_500);
  const samples = new Map<string, Sample[]>(targets.map(({ name }) => [name, []]));
  for (let turn = 0; turn < ROUNDS; turn += 1)
    for (const target of targets) samples.get(target.name)?.push(await load(target, CONNECTIONS, ROUND_MS));
  const medianOf = (name: string, figure: keyof Sample): number =>
    median((samples.get(name) ?? []).map((sample) => sample[figure]));
  return targets.map(({ name }) => ({
    telemetry: name,
    'calls/s': Math.round(medianOf(name, 'callsPerSecond')),
    'p50 ms': round(medianOf(name, 'p50Ms')),
    'CPU µs/call': Math.round(medianOf(name, 'cpuMicrosPerCall')),
    'CPU of telemetry off': round(medianOf(name, 'cpuMicrosPerCall') / medianOf('off', 'cpuMicrosPerCall')),
  }));
}
