import cluster from 'node:cluster';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ListenAddress } from '@gatehouse/config/model/listen-addresses';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { Readiness, type ReadinessReport } from '@gatehouse/observability/readiness';
import { GracefulStop } from './graceful-stop.js';
import { HTTP_LIMITS, limitedServer, type HttpLimits } from './http-server.js';
import type { InternalFacts } from './internal-facts.js';
import { listen } from './listener.js';
import { answerPrimary } from './worker-answers.js';

export interface InternalServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A service that was put together, as Nest gives it. */
interface Application {
  get<T>(type: new (...given: never[]) => T): T;
  close(): Promise<void>;
}

export interface RunningService<App extends Application = Application, Part = never> {
  readonly app: App;
  /** Of its internal listener: the one that was taken, where any free one was asked for. */
  readonly internalPort: number;
  /** Announces that the service stops, in its readiness and on every connection. The service goes on working. */
  readonly announceStop: () => void;
  /** Finishes what was begun, and ends what is not finished in time. */
  readonly close: (withinMs?: number) => Promise<void>;
  /** For the log of a stop that takes too long: which step it is at, and what is open. */
  readonly unfinished: () => Readonly<Record<string, string | number>>;
  readonly metrics: Metrics;
  /** Takes another part of the configuration whole, or throws and keeps the one that it has. */
  readonly reconfigure?: (part: Part) => Promise<void> | void;
}

/** The public side of a service: what else has to know that it stops. */
export interface PublicSide {
  readonly server: Server;
  /** Connections on which nothing runs, and which would stay open for as long as their clients like. */
  readonly endWhatListens?: () => void;
  /** There is no time left for what runs: all of it gets an answer that says so. */
  readonly endWhatRuns?: () => void;
}

/** Used when no other time limit is given. */
const CLOSE_WITHIN_MS = 25 * SECOND_MS;

export const STOPPING: ReadinessReport = { status: 'unready', stopping: true, jobs: {}, clocks: {} };

/** Its answers are short, and the time that the service itself had to stop is over. */
const CLOSE_INTERNAL_WITHIN_MS = SECOND_MS / 2;

/** A few probes and scrapers. */
const LIMITS: HttpLimits = { ...HTTP_LIMITS, maxConnections: 256 };

/**
 * Gives a service that runs its internal listener. When the service is asked to stop, its readiness says no until it
 * has finished what it began.
 */
export async function withInternalServer<App extends Application, Part = never>(
  app: App,
  address: ListenAddress,
  log: Pick<Log, 'warn' | 'failure'>,
  {
    limits = LIMITS,
    publicSide,
    status,
    reconfigure,
  }: {
    readonly limits?: HttpLimits | undefined;
    readonly publicSide?: PublicSide;
    /** What the service alone can tell its operators, for `/status`. */
    readonly status?: () => object;
    readonly reconfigure?: (part: Part) => Promise<void> | void;
  } = {},
): Promise<RunningService<App, Part>> {
  const stop = publicSide === undefined ? undefined : new GracefulStop(publicSide.server);
  const service = app.get(Readiness);
  let stopping = false;
  let step = 'running';
  // A stopping replica is not stuck: another one does its work.
  const readiness = async () => (stopping ? STOPPING : await service.report());
  const stuck = async () => (stopping ? [] : await service.stuck());
  const facts = { readiness, stuck, metrics: app.get(Metrics), status };
  const opened = cluster.isWorker
    ? answering(address, facts)
    : startInternalServer(address, facts, log, limits);
  const server = await opened.catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  return {
    app,
    metrics: facts.metrics,
    ...(reconfigure === undefined ? {} : { reconfigure }),
    internalPort: server.port,
    announceStop: () => {
      stopping = true;
      stop?.announce();
    },
    close: async (withinMs = CLOSE_WITHIN_MS) => {
      stopping = true;
      stop?.announce();
      publicSide?.endWhatListens?.();
      const closed = stop?.close(withinMs, () => publicSide?.endWhatRuns?.());
      try {
        step = 'application';
        await app.close();
      } finally {
        step = 'internal listener';
        closed?.();
        await server.close();
      }
    },
    unfinished: () => ({ step, ...stop?.unfinished }),
  };
}

/** A worker has no listener of its own: its primary listens for all, and asks them. */
async function answering({ port }: ListenAddress, facts: InternalFacts): Promise<InternalServer> {
  const end = answerPrimary(facts);
  return await Promise.resolve({
    port,
    close: async () => {
      end();
      await Promise.resolve();
    },
  });
}

/**
 * `/healthz`, `/readyz`, `/metrics` and, where the service has one, `/status`, on a listener of their own: what a service depends on and how much it does is
 * nobody's business who can reach its public one.
 */
export async function startInternalServer(
  address: ListenAddress,
  facts: InternalFacts,
  log: Pick<Log, 'warn' | 'failure'>,
  limits = LIMITS,
): Promise<InternalServer> {
  const server = limitedServer(limits, log, (request, response) => {
    answer(request, response, facts).catch((error: unknown) => {
      log.failure('internal-request-failed', error);
      if (response.headersSent) response.destroy();
      else send(response, 500, { status: 'failed' });
    });
  });
  const listener = await listen(server, address);
  return {
    port: listener.port,
    close: async () => await listener.close(CLOSE_INTERNAL_WITHIN_MS),
  };
}

const PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

async function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  { readiness, stuck, metrics, status }: InternalFacts,
): Promise<void> {
  const [path = ''] = url.split('?');
  if (!PATHS.has(path) && (path !== '/status' || status === undefined))
    send(response, 404, { status: 'unknown' });
  else if (method !== 'GET' && method !== 'HEAD')
    send(response, 405, { status: 'unknown' }, { allow: 'GET, HEAD' });
  else if (path === '/status') send(response, 200, (await status?.()) ?? {});
  else if (path === '/metrics') write(response, 200, metrics.contentType, await metrics.render());
  else if (path === '/healthz') {
    const parts = await stuck();
    if (parts.length === 0) send(response, 200, { status: 'ok' });
    else send(response, 503, { status: 'stuck', parts });
  } else {
    const report = await readiness();
    send(response, report.status === 'unready' ? 503 : 200, report);
  }
}

const send = (
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void => write(response, status, 'application/json', JSON.stringify(body), headers);

function write(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
