import { isOutage } from '@gatehouse/kernel/outage';
import type { Secret } from '@gatehouse/kernel/secret';
import type { Queries } from '@gatehouse/persistence/database';
import { databaseUnreachable } from '@gatehouse/persistence/reachable';
import pg from 'pg';
import { Cannot } from '../cannot.js';
import { reasonOf } from '../reason.js';
import { withServiceRows, type StoringService } from '../service-rows.client.js';
import { serverDatabaseUrl, vaultDatabaseUrl, type Reached } from './reached.js';

/** A row that somebody has locked, or a host that is gone, is said within this time. */
const ANSWER_WITHIN_MS = 10_000;

/** What a role is told that sees no such table or column, or may not read it. */
const NOT_OURS: ReadonlySet<string | undefined> = new Set(['42P01', '42703', '42501', '3F000']);

/**
 * Reads and writes what the authorization server keeps.
 * @throws {Cannot} where the configuration has none: then nobody has a session, a connection or a registered client here.
 */
export async function inAuthorizationServer<Value>(
  installation: Reached,
  work: (rows: Queries) => Promise<Value>,
): Promise<Value> {
  const url = serverDatabaseUrl(installation);
  if (url === undefined)
    throw new Cannot(
      `The gateway ${installation.model.name} has no authorization server: an issuer of somebody else signs its callers in. Look there, or name another gateway: --config <file>`,
    );
  return await inDatabase('authorization-server', url, work);
}

/** Reads what the vault keeps beside its secrets. Those are sealed, and no column of them is read here. */
export const inTokenVault = async <Value>(
  installation: Reached,
  work: (rows: Queries) => Promise<Value>,
): Promise<Value> => await inDatabase('token-vault', vaultDatabaseUrl(installation), work);

async function inDatabase<Value>(
  service: StoringService,
  url: Secret,
  work: (rows: Queries) => Promise<Value>,
): Promise<Value> {
  try {
    return await withServiceRows(
      { service, url, withinMs: ANSWER_WITHIN_MS, applicationName: 'gatehouse-operator' },
      work,
    );
  } catch (error) {
    throw await plain(service, url, error);
  }
}

async function plain(service: StoringService, url: Secret, error: unknown): Promise<unknown> {
  if (error instanceof Cannot) return error;
  if (error instanceof pg.DatabaseError && NOT_OURS.has(error.code))
    return new Cannot(
      `The database of ${service} has not the tables of this release, or its role may not read them. Run \`gatehouse migrate\`, or name another gateway: --config <file>`,
    );
  if (!isOutage(error)) return error;
  const away = await databaseUnreachable(url);
  return new Cannot(
    `${away ?? `The database of ${service} went away: ${reasonOf(error)}.`} Start it, then run the command again, or name another gateway: --config <file>`,
    'tryAgain',
  );
}
