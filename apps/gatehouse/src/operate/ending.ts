import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Queries } from '@gatehouse/persistence/database';
import { endSessionText } from '@gatehouse/persistence/end-session';

/** The outbox is looked at every three seconds; a machine may be busy. */
const TOLD_WITHIN_MS = 60 * SECOND_MS;
const LOOK_EVERY_MS = 250;
const SAY_AFTER_MS = SECOND_MS;

/** @returns those that were still open. */
export async function endAll<Row extends { readonly tsid: string }>(
  own: Queries,
  sessions: readonly Row[],
): Promise<readonly Row[]> {
  const ended: Row[] = [];
  for (const session of sessions) {
    const { rowCount } = await own.query({
      name: 'session-end',
      text: endSessionText('tsid'),
      values: [session.tsid, 'revoked', null, sha256(session.tsid)],
    });
    if (rowCount > 0) ended.push(session);
  }
  return ended;
}

/**
 * Whether the vault and the proxies know. The authorization server tells them, as soon as it runs.
 * @param say that somebody is waiting
 */
export async function areTold(
  own: Queries,
  sessions: readonly { readonly tsid: string }[],
  say: (text: string) => void,
): Promise<boolean> {
  if (!(await isServed(own))) return false;
  const tsids = sessions.map(({ tsid }) => tsid);
  const beganMs = Date.now();
  let hasSaid = false;
  while (Date.now() < beganMs + TOLD_WITHIN_MS) {
    const { rowCount } = await own.query({
      name: 'sessions-untold',
      text: 'select from sessions where tsid = any($1::uuid[]) and announced_at is null limit 1',
      values: [tsids],
    });
    if (rowCount === 0) return true;
    if (!hasSaid && Date.now() > beganMs + SAY_AFTER_MS) {
      say('Waiting until the vault and the proxies know, a minute at most.');
      hasSaid = true;
    }
    await delay(LOOK_EVERY_MS);
  }
  return false;
}

/** Whether an authorization server is at work on this database. */
export async function isServed(own: Queries): Promise<boolean> {
  const { rowCount } = await own.query({
    name: 'authorization-server-there',
    text: `select from pg_stat_activity where datname = current_database() and application_name like 'gatehouse-authorization-server%' limit 1`,
  });
  return rowCount > 0;
}

export const TOLD = 'The vault gives nothing out for them any more, and the proxies have been told.';
export const UNTOLD =
  'The authorization server does not run, or is late: it tells the vault and the proxies as soon as it can. Until then, access tokens that are out go on working.';
