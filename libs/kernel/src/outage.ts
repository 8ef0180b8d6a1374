/**
 * SQLSTATEs of a database that cannot serve us now and may serve us again in a moment: connection lost (08), the server
 * stops, starts or ended our connection (57P), out of connections, memory or disk (53), its machine fails (58), it
 * refuses this role or does not have this database (28, 3D). Single ones follow: a statement took too long, two
 * transactions conflicted, a lock was taken, a former primary takes no writes any more.
 */
const SQL_STATE = /^(?:(?:08|28|3D|53|58)[0-9A-Z]{3}|57P[0-9A-Z]{2}|57014|40001|40P01|55P03|25006|25P03)$/;

/** The Prisma client's own codes for the same. */
const PRISMA_CODES: ReadonlySet<string> = new Set([
  'P1000', // the database refuses the role
  'P1001', // it cannot be reached
  'P1002', // it was reached, and did not answer in time
  'P1003', // there is no such database
  'P1008', // an operation took too long
  'P1010', // access is denied
  'P1011', // no TLS connection comes about
  'P1017', // it closed the connection
  'P2024', // no connection of the pool became free in time
  'P2028', // a transaction could not be begun or held
  'P2034', // two transactions were in each other's way
  'P2037', // it has too many connections
]);

/** Codes of the operating system about a connection, a name, or too many open files. */
const SYSTEM_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENOTCONN',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EMFILE',
  'ENFILE',
]);

/** Codes of our libraries for a peer that is absent or too slow. */
const NAMES: ReadonlySet<string> = new Set([
  'TimeoutError',
  'NoResponders',
  'NoRespondersError',
  'ConnectionError',
  'ClosedConnectionError',
  'DrainingConnectionError',
  'RequestError',
  'JetStreamError',
  'JetStreamApiError',
  'JetStreamNotEnabled',
  'StreamNotFoundError',
]);

/** Kinds that the Prisma driver adapter makes of an error of the driver before the client has given it a code. */
const ADAPTER_KINDS: ReadonlySet<string> = new Set([
  'AuthenticationFailed',
  'ConnectionClosed',
  'DatabaseAccessDenied',
  'DatabaseDoesNotExist',
  'DatabaseNotReachable',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
  'TransactionAlreadyClosed',
  'TransactionWriteConflict',
]);

/** The Postgres driver and its pool have no codes for these. */
const DRIVER_TEXT =
  /^(?:Query read timeout|timeout exceeded when trying to connect|timeout expired|Connection terminated\b.*|Client has encountered a connection error and is not queryable|Client was closed and is not queryable|Cannot use a pool after calling end on the pool|The server does not support SSL connections)$/;

const MAX_CAUSES = 6;

/**
 * Whether an error says that something we depend on (database, bus, network) is unavailable, full or too slow. The
 * request and our code are right then, and the same request may succeed in a moment. Only this file knows the names
 * that each library gives to it. Read by {@link GatehouseError.from}, through which every error leaves a service.
 */
export function isOutage(error: unknown): boolean {
  let seen = 0;
  for (let one = error; isObject(one) && seen < MAX_CAUSES; one = member(one, 'cause'), seen += 1) {
    if (says(one)) return true;
    const errors = member(one, 'errors');
    // Each address of a name was tried, and each gave its own error.
    if (Array.isArray(errors) && errors.length > 0 && errors.every(isOutage)) return true;
  }
  return false;
}

function says(error: object): boolean {
  const [code, errorCode] = [member(error, 'code'), member(error, 'errorCode')];
  const [name, message] = [member(error, 'name'), member(error, 'message')];
  const [originalCode, kind] = [member(error, 'originalCode'), member(error, 'kind')];
  return (
    [code, errorCode, originalCode].some(isOutageCode) ||
    (typeof name === 'string' && NAMES.has(name)) ||
    (typeof kind === 'string' && ADAPTER_KINDS.has(kind)) ||
    (typeof message === 'string' && DRIVER_TEXT.test(message))
  );
}

const isOutageCode = (code: unknown): boolean =>
  typeof code === 'string' && (SYSTEM_CODES.has(code) || PRISMA_CODES.has(code) || SQL_STATE.test(code));

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const member = (value: object, name: string): unknown => Reflect.get(value, name);
