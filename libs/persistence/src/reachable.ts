import type { Secret } from '@gatehouse/kernel/secret';
import pg from 'pg';
import { CONNECTION_LIMITS, type ConnectionLimits } from './limited-pool.js';

/** @returns why the database cannot be used, naming host and database but never user or password; `undefined` when it answers. */
export async function databaseUnreachable(
  url: Secret,
  limits: ConnectionLimits = CONNECTION_LIMITS,
): Promise<string | undefined> {
  const { hostname, port, pathname } = new URL(url.reveal());
  const client = new pg.Client({ connectionString: url.reveal(), ...limits });
  // A connection that breaks while it is being closed is of no interest.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return undefined;
  } catch (error) {
    return `The database at ${hostname}:${port || '5432'}${pathname} cannot be used: ${reasonOf(error)}.`;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** System codes and SQLSTATEs are safe to print; messages can quote what they were given. */
function reasonOf(error: unknown): string {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  const code = isCoded && typeof error.code === 'string' ? error.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (ECONNREFUSED)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name does not resolve (${code})`;
    case '28P01':
    case '28000':
      return `user or password are refused (${code})`;
    case '3D000':
      return 'there is no such database (3D000)';
    case '42501':
      return 'the user may not connect to it (42501)';
    default:
      return code === undefined ? 'it does not answer in time' : `error ${code}`;
  }
}
