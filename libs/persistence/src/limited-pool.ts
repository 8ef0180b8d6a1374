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
/** No statement of ours takes longer; one that does holds a connection that others wait for. */
const STATEMENT_TIMEOUT_MS = 4_000;
/**
 * Counted here, for a server that is gone without a word (its host lost, its address moved): nothing else would ever end
 * such a query. The connection is thrown away with it. A little longer than the server's own limit, which tells more.
 */
const QUERY_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_AFTER_MS = 5_000;
const DEFAULT_MAX_CONNECTIONS = 10;

/** What every connection to a database is limited by, also one that is made for a single question. */
export const CONNECTION_LIMITS = {
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  statement_timeout: STATEMENT_TIMEOUT_MS,
  query_timeout: QUERY_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
} as const;

/**
 * The one way to make a pool of connections, whichever library uses it. When a server does not answer in time, or has
 * become a standby, the connections that were made before go with the one that noticed: they lead to the same place, and
 * each of them would fail somebody.
 */
export function limitedPool(options: DatabaseOptions, log: Pick<Log, 'warn'>): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url.reveal(),
    application_name: options.applicationName,
    max: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    ...CONNECTION_LIMITS,
    options: `-c search_path=${options.schema}`,
  });
  // An idle connection that breaks is replaced by the pool; unheard, the event would end the process.
  pool.on('error', (error) => log.warn('database-connection-lost', { reason: error.message }));
  const madeBy = new WeakMap<pg.PoolClient, number>();
  let [connections, distrusted] = [0, 0];
  pool.on('connect', (client) => {
    connections += 1;
    madeBy.set(client, connections);
  });
  pool.on('release', (error: unknown, client) => {
    if (isDeadEnd(error)) {
      distrusted = connections;
      dropIdle(pool);
      // The pool takes one out that is being ended when it is given back.
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

/** SQLSTATE of a server that takes no writes: what was a primary has become a standby. */
const READ_ONLY = '25006';

/** The server at the other end is gone without a word (pg has no code for it), or is not the one any more that we want. */
export const isDeadEnd = (error: unknown): error is Error =>
  error instanceof Error &&
  (error.message === 'Query read timeout' || (error instanceof pg.DatabaseError && error.code === READ_ONLY));
