import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import { SERVICES } from '@gatehouse/kernel/services';
import { freePort } from '@gatehouse/testing/free-port';
import { startWorld, type World, type WorldOptions } from '@gatehouse/testing/world';
import startPostgres from '../../libs/testing/jest-global-setup.mjs';
import stopPostgres from '../../libs/testing/jest-global-teardown.mjs';

/** What is measured: all of Gatehouse, a backend that costs next to nothing, and a bare hop in front of the same backend. */
export interface BenchWorld {
  readonly world: World;
  readonly proxy: { readonly url: string; readonly pid: number };
  readonly hop: { readonly url: string; readonly pid: number };
  readonly backend: { readonly url: string; readonly pid: number };
  /** The other services of Gatehouse. */
  readonly otherPids: readonly number[];
  close(): Promise<void>;
}

/** Tokens that need not be renewed while the measurement runs. */
export const LONG_LIVED = ['octo', 'acme']
  .flatMap((name) => [`--${name}-access-token-ttl`, '3600'])
  .concat('--sts-token-ttl', '3600');

export async function startBenchWorld(environment: WorldOptions['environment'] = {}): Promise<BenchWorld> {
  await startPostgres();
  const world = await startWorld({
    demonstrationFlags: LONG_LIVED,
    configure: withBenchBackends,
    environment,
    // As installed services: without maps of sources, which cost memory.
    nodeFlags: [],
    // As orchestrators do: ten times a second it cost the proxy as much as a hundred calls.
    probeEveryMs: 5_000,
  });
  const backendUrl = `http://127.0.0.1:${world.portBase + PORT_OFFSETS.repos}/bench/mcp`;
  const hopPort = await freePort();
  const program = join(dirname(fileURLToPath(import.meta.url)), 'hop.js');
  const hop = spawn(process.execPath, [program, String(hopPort), backendUrl], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => hop.stdout.once('data', resolve));
  const [proxyPort = 0] = world.portsOf('vmcp-proxy');
  const pidOf = (service: (typeof SERVICES)[number]): number => world.replicas[service][0]?.pid ?? 0;
  return {
    world,
    proxy: { url: `http://127.0.0.1:${proxyPort}/mcp`, pid: pidOf('vmcp-proxy') },
    hop: { url: `http://127.0.0.1:${hopPort}/`, pid: hop.pid ?? 0 },
    backend: { url: backendUrl, pid: world.demonstration.program.pid ?? 0 },
    otherPids: SERVICES.filter((service) => service !== 'vmcp-proxy').map(pidOf),
    async close() {
      hop.kill();
      await world.close();
      await stopPostgres();
    },
  };
}

export function withBenchBackends(yaml: string): string {
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
