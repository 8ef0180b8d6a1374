import { once } from 'node:events';
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Metrics } from '@gatehouse/observability/metrics';
import { Readiness } from '@gatehouse/observability/readiness';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HTTP_LIMITS, limitedServer } from './http-server.js';
import { exchangePart } from './injected.js';
import { withInternalServer } from './internal-server.js';
import { runService } from './run-service.js';

/** Where it is, no worker begins any more. */
const DOOM = 'doom';
/** Where it is, the next worker that begins hangs. */
const HANG = 'hang';
/** Where it is, all workers are stuck, and whichever take their places. */
const STUCK = 'stuck';
/** How often the primary looks at its workers. */
const LOOK_EVERY_MS = 'look-every-ms';

/** What its clients can tell a worker. */
const ORDERS: Readonly<Record<string, (stuck: () => void) => void>> = {
  '/doom': () => {
    writeFileSync(DOOM, '');
    process.exit(3);
  },
  '/hang': () => {
    for (;;);
  },
  '/full': () => {
    try {
      for (;;) openSync('/dev/null', 'r');
    } catch {
      // No descriptor is left.
    }
  },
  '/stuck': (stuck) => stuck(),
};

const HELD: ReadonlySet<string> = new Set(['/hold', '/full']);

/** A service whose workers say which process they are, and do what their clients tell them. */
await runService({
  service: 'vmcp-proxy',
  partOf: ({ name, listen, shutdownTimeoutMs, backends }) => ({
    name,
    listen,
    shutdownDelayMs: 0,
    shutdownTimeoutMs,
    backends: backends.map((backend) => backend.name),
  }),
  lookAtFileEveryMs: 25,
  dependencies: () => [],
  workers: ({ listen: { proxy } }) => ({
    ...proxy,
    lookEveryMs: Number(readFileSync(LOOK_EVERY_MS, 'utf8')),
  }),
  start: async (part, log) => {
    const {
      name,
      listen: { proxy },
    } = part;
    writeFileSync(`begun-${process.pid}`, '');
    if (existsSync(DOOM)) process.exit(3);
    if (existsSync(HANG)) {
      rmSync(HANG);
      for (;;);
    }
    if (name === 'broken') throw new Error('it fails as it is told to');
    let isStuck = false;
    const server = limitedServer(
      { ...HTTP_LIMITS, maxConnections: 20 },
      log,
      ({ url = '' }: IncomingMessage, response: ServerResponse) => {
        ORDERS[url]?.(() => (isStuck = true));
        // More than a pipe holds.
        if (url === '/warn') process.stderr.write(`${'x'.repeat(200_000)}\n`);
        // Longer than what a system writes at once.
        if (url === '/talk') for (let line = 0; line < 100; line += 1) log.info('x'.repeat(20_000), { line });
        if (url === '/backends') {
          response.setHeader('connection', 'close').end(part.backends.join(' '));
          return;
        }
        // It is over when its client goes.
        if (HELD.has(url)) {
          response.writeHead(200).flushHeaders();
          return;
        }
        response.setHeader('connection', 'close').end(String(process.pid));
      },
    );
    server.listen(proxy.port, proxy.host);
    await once(server, 'listening');
    const parts = new Map<unknown, unknown>([
      [
        Readiness,
        {
          report: async () => await Promise.resolve({ status: 'ready', jobs: {}, clocks: {} }),
          stuck: async () => await Promise.resolve(isStuck || existsSync(STUCK) ? ['bus'] : []),
        },
      ],
      [Metrics, new Metrics()],
    ]);
    const app = {
      // The map holds what is asked for.
      get: <T>(type: new (...given: never[]) => T): T => parts.get(type) as T,
      close: async () => await new Promise<void>((resolve) => void server.close(() => resolve())),
    };
    return await withInternalServer(app, proxy.internal, log, {
      publicSide: { server },
      status: () => ({ pid: process.pid }),
      reconfigure: (next: typeof part) => {
        if (next.backends.includes('refused')) throw new Error('it refuses as it is told to');
        exchangePart(part, next);
      },
    });
  },
});
