import { sha256 } from '@gatehouse/kernel/digest';
import type { Queries } from '@gatehouse/persistence/database';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import type { Output } from '../output.js';
import { areTold, endAll, TOLD, UNTOLD } from './ending.js';
import { instant, minute, printList, type ListOptions } from './listing.js';
import { checkChoice, SHOWN_DIGITS } from './named-session.js';
import { calledBy, shown, theAccount, type Person } from './people.js';
import { reach, type Which } from './reached.js';
import { inAuthorizationServer, inTokenVault } from './service-database.js';

interface SessionRow extends Person {
  readonly tsid: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly openedAt: Date;
  readonly usedAt: Date;
  readonly expiresAt: Date;
}

interface SessionsOptions extends ListOptions {
  readonly account?: string;
}

const IS_OPEN = 's.closed_at is null and s.expires_at > now()';
const COLUMNS = `s.tsid, s.account_id as "accountId", a.name, a.email, s.client_id as "clientId", s.client_name as "clientName",
  s.opened_at as "openedAt", s.used_at as "usedAt", s.expires_at as "expiresAt"`;
const FROM = 'from sessions s join accounts a on a.id = s.account_id';
/** Nobody is shown the session itself: whoever has it can ask for its credentials on the bus. */
const DIGEST = `encode(sha256(convert_to(s.tsid::text, 'UTF8')), 'hex')`;

const digestOf = (tsid: string): string => Buffer.from(sha256(tsid), 'base64url').toString('hex');

/** Who is signed in with what, the last used first. */
export async function listSessions(
  options: SessionsOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const { account, limit, json } = options;
  await reach(options, environment, async (installation) => {
    const { rows, total } = await inAuthorizationServer(installation, async (own) => {
      const accountId = account === undefined ? null : (await theAccount(own, account)).accountId;
      const found = await own.query<SessionRow & { readonly total: number }>({
        name: 'sessions-open',
        text: `select ${COLUMNS}, count(*) over ()::int as total ${FROM}
          where ${IS_OPEN} and ($1::uuid is null or s.account_id = $1) order by s.used_at desc, s.tsid limit $2`,
        values: [accountId, limit],
      });
      return { rows: found.rows, total: found.rows[0]?.total ?? 0 };
    });
    const counts = await inTokenVault(installation, async (vault) => await connectionsOf(vault, rows));
    if (json) output.json({ sessions: rows.map((row) => plain(row, counts)), total });
    else
      printList(output, {
        headings: ['session', 'person', 'client', 'since (UTC)', 'last used (UTC)', 'connections'],
        rows: rows.map((row) => ({
          cells: [
            digestOf(row.tsid).slice(0, SHOWN_DIGITS),
            calledBy(row),
            shown(row.clientName),
            minute(row.openedAt),
            minute(row.usedAt),
            String(counts.get(row.tsid) ?? 0),
          ],
        })),
        total,
        none: 'Nobody is signed in.',
      });
  });
  return 0;
}

const plain = (row: SessionRow, counts: ReadonlyMap<string, number>) => ({
  session: digestOf(row.tsid),
  /** As audit lines have it. */
  audited: sha256(row.tsid),
  account: { id: row.accountId, name: row.name, email: row.email },
  client: { id: row.clientId, name: row.clientName },
  since: instant(row.openedAt),
  lastUsed: instant(row.usedAt),
  expires: instant(row.expiresAt),
  connections: counts.get(row.tsid) ?? 0,
});

async function connectionsOf(
  vault: Queries,
  sessions: readonly SessionRow[],
): Promise<ReadonlyMap<string, number>> {
  const found = await vault.query<{ tsid: string; count: number }>({
    name: 'sessions-connections',
    text: 'select tsid, count(*)::int as count from session_connections where tsid = any($1::uuid[]) group by tsid',
    values: [sessions.map(({ tsid }) => tsid)],
  });
  return new Map(found.rows.map(({ tsid, count }) => [tsid, count]));
}

interface EndOptions extends Which {
  /** The beginning of the digest of one session. */
  readonly session?: string;
  /** All of an account. */
  readonly account?: string;
  readonly json: boolean;
}

/** Ends sessions as a sign-out does: tokens of theirs are refused, and the vault and the proxies are told. */
export async function endSessions(
  options: EndOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const { session, account, json } = options;
  checkChoice(
    options,
    'gatehouse sessions end <session>, as `gatehouse sessions` shows it, or all of a person: --account <who>',
  );
  await reach(options, environment, async (installation) => {
    await inAuthorizationServer(installation, async (own) => {
      const chosen =
        session === undefined ? await ofAccount(own, account ?? '') : [await named(own, session)];
      const ended = await endAll(own, chosen);
      const told = await areTold(own, ended, (text) => (json ? undefined : output.line(text)));
      if (json) output.json({ ended: ended.map(({ tsid }) => digestOf(tsid)), told });
      else report(output, ended, told);
    });
  });
  return 0;
}

async function named(own: Queries, beginning: string): Promise<SessionRow> {
  const found = await own.query<SessionRow>({
    name: 'session-named',
    text: `select ${COLUMNS} ${FROM} where ${IS_OPEN} and starts_with(${DIGEST}, $1) limit 2`,
    values: [beginning],
  });
  const [one, another] = found.rows;
  if (one === undefined)
    throw new Cannot(`No open session begins with ${beginning}. See which there are: gatehouse sessions`);
  if (another !== undefined)
    throw new Cannot(
      `Several sessions begin with ${beginning}. Give more digits: gatehouse sessions --json shows all of them.`,
    );
  return one;
}

async function ofAccount(own: Queries, who: string): Promise<readonly SessionRow[]> {
  const { accountId } = await theAccount(own, who);
  const found = await own.query<SessionRow>({
    name: 'sessions-of-account',
    text: `select ${COLUMNS} ${FROM} where ${IS_OPEN} and s.account_id = $1`,
    values: [accountId],
  });
  return found.rows;
}

function report(output: Output, ended: readonly SessionRow[], told: boolean): void {
  if (ended.length === 0) {
    output.line('No session was open.');
    return;
  }
  for (const row of ended)
    output.line(
      `Ended ${digestOf(row.tsid).slice(0, SHOWN_DIGITS)}: ${calledBy(row)}, ${shown(row.clientName)}`,
    );
  output.line(told ? TOLD : UNTOLD);
}
