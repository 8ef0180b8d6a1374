import type { Secret } from '@gatehouse/kernel/secret';
import type { Log } from '@gatehouse/observability/log';
import pg from 'pg';

export interface DatabaseOptions {
  readonly url: Secret;
  /** The role's own schema; the only one on the search path. */
  readonly schema: string;
  readonly applicationName: string;
  readonly maxConnections?: number;
}

const CONNECT_TIMEOUT_MS = 3_000;
/** The server ends a statement that takes longer: it holds a connection that others wait for. */
const STATEMENT_TIMEOUT_MS = 4_000;
/**
 * Counted on our side, for a server that vanished without closing the connection (its host was lost, its address
 * moved): nothing else would end such a query. The connection is closed with it. It is a little longer than the
 * server's own limit, whose error says more.
 */
const QUERY_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_AFTER_MS = 5_000;
const DEFAULT_MAX_CONNECTIONS = 10;

/** The limits of every connection to a database, including those made for a single question. */
export const CONNECTION_LIMITS = {
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  statement_timeout: STATEMENT_TIMEOUT_MS,
  query_timeout: QUERY_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
} as const;

export interface ConnectionLimits {
  readonly connectionTimeoutMillis: number;
  readonly statement_timeout: number;
  readonly query_timeout: number;
  readonly keepAlive: boolean;
  readonly keepAliveInitialDelayMillis: number;
}

/** For whoever looks once, and waits longer or less long than a service may. */
export const limitsWithin = (withinMs: number): ConnectionLimits => ({
  ...CONNECTION_LIMITS,
  connectionTimeoutMillis: withinMs,
  statement_timeout: withinMs,
  query_timeout: withinMs + QUERY_TIMEOUT_MS - STATEMENT_TIMEOUT_MS,
});

/**
 * The one way to make a pool of connections, whichever library uses it. When one connection finds that its server does
 * not answer in time or has become a standby, all older connections are closed with it: they lead to the same server,
 * and each would fail one more request.
 */
export function limitedPool(options: DatabaseOptions, log: Pick<Log, 'warn'>): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url.reveal(),
    application_name: options.applicationName,
    max: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    ...CONNECTION_LIMITS,
    options: `-c search_path=${options.schema}`,
  });
  // The pool replaces an idle connection that breaks. Without a listener the event would end the process.
  pool.on('error', (error) => log.warn('database-connection-lost', { reason: error.message }));
  const madeBy = new WeakMap<pg.PoolClient, number>();
  let [connections, distrusted] = [0, 0];
  pool.on('connect', (client) => {
    // The pool hears only of those that are idle. One that breaks in the middle of a transaction is told by the next statement.
    client.on('error', () => undefined);
    connections += 1;
    madeBy.set(client, connections);
  });
  pool.on('release', (error: unknown, client) => {
    if (isDeadEnd(error)) {
      distrusted = connections;
      dropIdle(pool);
      // The pool removes a connection that is being closed when it is given back.
    } else if (client instanceof pg.Client && (madeBy.get(client) ?? 0) <= distrusted) void client.end();
  });
  return pool;
}

/** Takes each idle connection once; giving it back ends it. */
function dropIdle(pool: pg.Pool): void {
  for (let idle = pool.idleCount; idle > 0; idle -= 1)
    pool.connect().then(
      (client) => client.release(),
      () => undefined,
    );
}

/** SQLSTATE of a server that takes no writes: a former primary that has become a standby. */
const READ_ONLY = '25006';

/** The server does not answer any more (pg has no code for that), or it is no primary any more. */
export const isDeadEnd = (error: unknown): error is Error =>
  error instanceof Error &&
  (error.message === 'Query read timeout' || (error instanceof pg.DatabaseError && error.code === READ_ONLY));
