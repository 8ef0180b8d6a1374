import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { freePort } from '@gatehouse/testing/free-port';
import { startWorld, type World } from '@gatehouse/testing/world';
import { load, type Sample, type Target } from './load.js';
import startPostgres from '../../libs/testing/jest-global-setup.mjs';
import stopPostgres from '../../libs/testing/jest-global-teardown.mjs';

/**
 * The same load in one run: direct to a backend, through a bare hop, and through Gatehouse with each kind of credential.
 * Targets take turns, so that other load on the machine affects all of them. It prints the medians of the rounds.
 */
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 2_000);
const CONNECTIONS = [1, 32] as const;
/** Of the hop's throughput at 32 connections, by median; less is a failure. */
const INJECT_FLOOR = 0.4;

await startPostgres();
const world = await startWorld({
  demonstrationFlags: [
    '--octo-access-token-ttl',
    '3600',
    '--acme-access-token-ttl',
    '3600',
    '--sts-token-ttl',
    '3600',
  ],
  configure: withBenchBackends,
});
const hopPort = await freePort();
const backendUrl = `http://127.0.0.1:${world.portBase + PORT_OFFSETS.repos}/bench/mcp`;
const hop = spawn(
  process.execPath,
  [join(dirname(fileURLToPath(import.meta.url)), 'hop.js'), String(hopPort), backendUrl],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
try {
  await new Promise((resolve) => hop.stdout.once('data', resolve));
  process.exitCode = await run(world);
} finally {
  hop.kill();
  await world.close();
  await stopPostgres();
}

function withBenchBackends(yaml: string): string {
  const url = /url: (http:\/\/localhost:\d+)\/mcp/.exec(yaml)?.[1] ?? '';
  const names = ['bench-static', 'bench-inject', 'bench-exchange'];
  const backends = names.map(
    (name) => `  - { name: ${name}, url: ${url}/bench/mcp, transport: streamable-http }`,
  );
  const tokenUrl = /tokenUrl: (\S+)/.exec(yaml)?.[1] ?? '';
  return yaml.replace('backends:\n', `backends:\n${backends.join('\n')}\n`).replace(
    '  backends:\n',
    `  backends:
    bench-static: { type: headerInjection, headerInjection: { headerName: X-Api-Key, headerValue: { env: REPORTS_API_KEY } } }
    bench-inject: { type: upstreamInject, upstreamInject: { providerName: octo } }
    bench-exchange:
      type: tokenExchange
      tokenExchange: { tokenUrl: '${tokenUrl}', clientId: gatehouse-exchange, clientSecret: { env: STS_CLIENT_SECRET }, audience: tickets, subjectProviderName: acme-sso }
`,
  );
}

async function run(running: World): Promise<number> {
  const { accessToken } = await (await OAuthClient.register(running.mcpUrl)).signIn('alice');
  const targets = targetsOf(running, accessToken);
  for (const target of targets) await load(target, 4, 1_500);
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const connections of CONNECTIONS) {
      for (const target of targets) {
        const key = `${target.name} ${connections}`;
        samples.set(key, [...(samples.get(key) ?? []), await load(target, connections, ROUND_MS)]);
      }
    }
  }
  const table = CONNECTIONS.flatMap((connections) => rows(connections, targets, samples));
  console.table(table);
  const perCall = await backendRequestsPerCall(running, targets);
  console.table(perCall);
  if (process.env['BENCH_JSON'] !== undefined)
    writeFileSync(process.env['BENCH_JSON'], JSON.stringify({ table, perCall }, null, 2));
  const inject =
    table.find((row) => row.target === 'gatehouse, inject' && row.connections === 32)?.['of the hop'] ?? 0;
  const oneEach = perCall.every((row) => row['backend requests per call'] === 1);
  console.log(
    `inject at 32 connections: ${inject} of the hop (floor ${INJECT_FLOOR}); one backend request per warm call: ${oneEach ? 'yes' : 'NO'}`,
  );
  return inject >= INJECT_FLOOR && oneEach ? 0 : 1;
}

function targetsOf(running: World, accessToken: string): readonly Target[] {
  const [proxyPort = 0] = running.portsOf('vmcp-proxy');
  const [proxy] = running.replicas['vmcp-proxy'];
  const proxyPid = proxy?.pid ?? 0;
  const backendPid = running.demonstration.program.pid ?? 0;
  const call = (name: string, token: string) => ({
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name,
        arguments: { text: 'bench' },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  });
  const through = (kind: string) => ({
    name: `gatehouse, ${kind}`,
    url: `http://127.0.0.1:${proxyPort}/mcp`,
    pid: proxyPid,
    ...call(`bench-${kind}_echo`, accessToken),
  });
  return [
    { name: 'direct', url: backendUrl, pid: backendPid, ...call('echo', 'bench') },
    { name: 'hop', url: `http://127.0.0.1:${hopPort}/`, pid: hop.pid ?? 0, ...call('echo', 'bench') },
    through('static'),
    through('inject'),
    through('exchange'),
  ];
}

/** Medians over the rounds; the columns of ratios say how much of the hop's figure a target has. */
function rows(
  connections: number,
  targets: readonly Target[],
  samples: ReadonlyMap<string, readonly Sample[]>,
) {
  const medianOf = (name: string, figure: keyof Sample) =>
    median((samples.get(`${name} ${connections}`) ?? []).map((sample) => sample[figure]));
  return targets.map(({ name }) => {
    const ratio = (figure: keyof Sample) => round(medianOf(name, figure) / medianOf('hop', figure));
    return {
      target: name,
      connections,
      'calls/s': Math.round(medianOf(name, 'callsPerSecond')),
      'of the hop': ratio('callsPerSecond'),
      'p50 ms': round(medianOf(name, 'p50Ms')),
      'p50 of the hop': ratio('p50Ms'),
      'p99 ms': round(medianOf(name, 'p99Ms')),
      'p99 of the hop': ratio('p99Ms'),
      'CPU µs/call': Math.round(medianOf(name, 'cpuMicrosPerCall')),
      'CPU of the hop': ratio('cpuMicrosPerCall'),
    };
  });
}

/** Counted by the backend itself, over a warm second of each kind. */
async function backendRequestsPerCall(running: World, targets: readonly Target[]) {
  const counted = [];
  for (const target of targets.filter(({ name }) => name.startsWith('gatehouse'))) {
    await running.demonstration.reset();
    const { calls } = await load(target, 8, 1_000);
    const methods = (await running.demonstration.counts()).repos.mcp['/bench/mcp'] ?? {};
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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
