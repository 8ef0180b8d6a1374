import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { load, type Sample, type Target } from './load.js';
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
  demonstrationFlags: ['--octo-access-token-ttl', '3600', '--acme-access-token-ttl', '3600'],
  configure: withBenchBackend,
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

function withBenchBackend(yaml: string): string {
  const url = /url: (http:\/\/localhost:\d+)\/mcp/.exec(yaml)?.[1] ?? '';
  return yaml
    .replace('backends:\n', `backends:\n  - { name: bench, url: ${url}/bench/mcp }\n`)
    .replace(
      '  backends:\n',
      '  backends:\n    bench: { type: upstreamInject, upstreamInject: { providerName: octo } }\n',
    );
}

async function measured(running: World) {
  const { accessToken } = await (await OAuthClient.register(running.mcpUrl)).signIn('alice');
  const targets = KINDS.map(({ name }, replica): Target => ({
    name,
    url: `http://127.0.0.1:${running.portsOf('vmcp-proxy')[replica]}/mcp`,
    pid: running.replicas['vmcp-proxy'][replica]?.pid ?? 0,
    ...call(accessToken),
  }));
  for (const target of targets) await load(target, 4, 1_500);
  const samples = new Map<string, Sample[]>(targets.map(({ name }) => [name, []]));
  for (let turn = 0; turn < ROUNDS; turn += 1)
    for (const target of targets) samples.get(target.name)?.push(await load(target, CONNECTIONS, ROUND_MS));
  const cpuOff = medianOf(samples.get('off'), 'cpuMicrosPerCall');
  return [...samples].map(([name, all]) => ({
    telemetry: name,
    'calls/s': Math.round(medianOf(all, 'callsPerSecond')),
    'p50 ms': rounded(medianOf(all, 'p50Ms')),
    'CPU µs/call': Math.round(medianOf(all, 'cpuMicrosPerCall')),
    'CPU of telemetry off': rounded(medianOf(all, 'cpuMicrosPerCall') / cpuOff),
  }));
}

function call(token: string): Pick<Target, 'headers' | 'body'> {
  return {
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'bench_echo',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: 'bench_echo',
        arguments: { text: 'bench' },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  };
}

function medianOf(samples: readonly Sample[] | undefined, figure: keyof Sample): number {
  const sorted = (samples ?? []).map((sample) => sample[figure]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
