import { z } from 'zod';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import type { Output, TableRow } from '../output.js';
import { AdministrationApi, type ApiAccess, type Listed } from './administration-api.client.js';
import { CLIENT_HEADINGS, clientCells } from './client-cells.js';
import { minute } from './listing.js';
import { checkChoice, SHOWN_DIGITS } from './named-session.js';
import { shown } from './people.js';

/** What the commands of operators do with the administrator's API in place of the databases. */
interface OverApi extends ApiAccess {
  readonly json: boolean;
}
interface ListOverApi extends OverApi {
  readonly limit: number;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DIGITS = 64;

const instant = z.iso.datetime();
const session = z.object({
  session: z.string().regex(/^[0-9a-f]{64}$/),
  audited: z.string(),
  account: z.string(),
  client: z.object({ id: z.string(), name: z.string() }),
  openedAt: instant,
  usedAt: instant,
  expiresAt: instant,
});
type Session = z.output<typeof session>;
const client = z.object({
  client: z.string(),
  name: z.string().nullable(),
  kind: z.string(),
  redirectUris: z.array(z.string()),
  registeredAt: instant.nullable(),
  usedAt: instant.nullable(),
  sessions: z.int(),
  people: z.int(),
});
const connection = z.object({
  provider: z.string(),
  subject: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  scopes: z.array(z.string()),
  state: z.string(),
  connectedAt: instant,
  refreshedAt: instant.nullable(),
});
const provider = z.object({
  provider: z.string(),
  state: z.string(),
  since: instant.nullable(),
  answeredAt: instant.nullable(),
  failure: z.object({ at: instant, kind: z.string(), status: z.int().nullable() }).nullable(),
});

/** People are found by their names in the database alone. @throws {Cannot} */
function accountIn(account: string): string {
  if (UUID.test(account)) return account.toLowerCase();
  throw new Cannot(
    '--account takes the id of an account with --api, as `gatehouse sessions --json` shows it.',
    'usage',
  );
}

const at = (time: string | null): string => minute(time === null ? null : new Date(time));

function print(
  output: Output,
  headings: readonly string[],
  rows: readonly TableRow[],
  { more, none }: { readonly more: boolean; readonly none: string },
): void {
  if (rows.length === 0) output.line(none);
  else output.table(headings, rows);
  if (more) output.line('There are more. See more of them: --limit <count>');
}

const ofAccount = (account: string | undefined): string =>
  account === undefined ? '/sessions' : `/sessions?account=${accountIn(account)}`;

export async function sessionsOverApi(
  { account, ...options }: ListOverApi & { readonly account?: string },
  environment: Environment,
  output: Output,
): Promise<number> {
  const path = ofAccount(account);
  const api = await AdministrationApi.reach(options, environment);
  const { items, more }: Listed<Session> = await api.list(path, session, options.limit);
  if (options.json) output.json({ sessions: items, more });
  else
    print(
      output,
      ['session', 'account', 'client', 'since (UTC)', 'last used (UTC)'],
      items.map((one) => ({
        cells: [
          one.session.slice(0, SHOWN_DIGITS),
          shown(one.account),
          shown(one.client.name),
          at(one.openedAt),
          at(one.usedAt),
        ],
      })),
      { more, none: 'Nobody is signed in.' },
    );
  return 0;
}

export async function endSessionsOverApi(
  options: OverApi & { readonly session?: string; readonly account?: string },
  environment: Environment,
  output: Output,
): Promise<number> {
  const { session: beginning, account } = options;
  checkChoice(options, 'gatehouse sessions end <session> --api <url>, or all of a person: --account <id>');
  const path = ofAccount(account);
  const api = await AdministrationApi.reach(options, environment);
  const chosen =
    beginning === undefined
      ? (await api.list(path, session, Infinity)).items
      : [await sessionNamed(api, beginning)];
  const ended: string[] = [];
  for (const { session: digest } of chosen)
    if (await api.end(`/sessions/${digest}`)) {
      ended.push(digest);
      if (!options.json) output.line(`Ended ${digest.slice(0, SHOWN_DIGITS)}`);
    }
  if (options.json) output.json({ ended });
  else if (ended.length === 0) output.line('No session was open.');
  return 0;
}

/** Lists are in the order of the digests: the first two after the place of this beginning say which it is. */
async function sessionNamed(api: AdministrationApi, beginning: string): Promise<Session> {
  const first = BigInt(`0x${beginning.padEnd(DIGITS, '0')}`);
  const before = first === 0n ? undefined : (first - 1n).toString(16).padStart(DIGITS, '0');
  const { items } = await api.list('/sessions', session, 2, before);
  const [one, another] = items.filter(({ session: digest }) => digest.startsWith(beginning));
  if (one === undefined)
    throw new Cannot(
      `No open session begins with ${beginning}. See which there are: gatehouse sessions --api <url>`,
    );
  if (another !== undefined) throw new Cannot(`Several sessions begin with ${beginning}. Give more digits.`);
  return one;
}

export async function clientsOverApi(
  options: ListOverApi,
  environment: Environment,
  output: Output,
): Promise<number> {
  const api = await AdministrationApi.reach(options, environment);
  const { items, more } = await api.list('/clients', client, options.limit);
  if (options.json) output.json({ clients: items, more });
  else
    print(
      output,
      CLIENT_HEADINGS,
      items.map((one) => ({
        cells: clientCells({ ...one, clientId: one.client, kind: shown(one.kind), usedAt: at(one.usedAt) }),
      })),
      { more, none: 'No client is known.' },
    );
  return 0;
}

export async function removeClientOverApi(
  { client: id, ...options }: OverApi & { readonly client: string },
  environment: Environment,
  output: Output,
): Promise<number> {
  const api = await AdministrationApi.reach(options, environment);
  if (!(await api.end(`/clients/${encodeURIComponent(id)}`)))
    throw new Cannot(`There is no client ${shown(id)}. See which there are: gatehouse clients --api <url>`);
  if (options.json) output.json({ removed: id });
  else output.line(`Removed ${shown(id)}, and ended its sessions.`);
  return 0;
}

interface OfAccount extends OverApi {
  readonly account?: string;
  readonly provider?: string;
}

async function connectionsOf(api: AdministrationApi, account: string, name: string | undefined) {
  const shape = z.object({ items: z.array(connection) });
  const { items } = await api.get(`/accounts/${account}/connections`, shape, `account ${account}`);
  return items.filter((one) => name === undefined || one.provider === name);
}

const wholeAccount = (account: string | undefined): string => {
  if (account !== undefined) return accountIn(account);
  throw new Cannot('With --api, connections are those of one person: --account <id>', 'usage');
};

export async function connectionsOverApi(
  { account: given, provider: name, ...options }: OfAccount & { readonly limit: number },
  environment: Environment,
  output: Output,
): Promise<number> {
  const account = wholeAccount(given);
  const api = await AdministrationApi.reach(options, environment);
  const found = await connectionsOf(api, account, name);
  const items = found.slice(0, options.limit);
  const more = found.length > items.length;
  if (options.json) output.json({ connections: items, more });
  else
    print(
      output,
      ['provider', 'there', 'state', 'connected (UTC)', 'scopes'],
      items.map((one) => ({
        cells: [
          shown(one.provider),
          shown(one.email ?? one.name ?? one.subject),
          shown(one.state),
          at(one.connectedAt),
          shown(one.scopes.join(' ')),
        ],
        needsAction: one.state !== 'live',
      })),
      { more, none: 'There is no connection.' },
    );
  return 0;
}

export async function revokeConnectionsOverApi(
  {
    connection: id,
    account: given,
    provider: name,
    ...options
  }: OfAccount & { readonly connection?: string },
  environment: Environment,
  output: Output,
): Promise<number> {
  if (id !== undefined)
    throw new Cannot(
      'With --api, a connection has no id: name its person and its provider, --account <id> --provider <name>',
      'usage',
    );
  const account = wholeAccount(given);
  const api = await AdministrationApi.reach(options, environment);
  const revoked: string[] = [];
  for (const { provider: one } of await connectionsOf(api, account, name))
    if (await api.end(`/accounts/${account}/connections/${encodeURIComponent(one)}`)) {
      revoked.push(one);
      if (!options.json) output.line(`Revoked ${shown(one)}`);
    }
  if (options.json) output.json({ revoked });
  else if (revoked.length === 0) output.line('No connection was there.');
  return 0;
}

export async function providersOverApi(
  options: OverApi,
  environment: Environment,
  output: Output,
): Promise<number> {
  const api = await AdministrationApi.reach(options, environment);
  const { items } = await api.get('/providers', z.object({ items: z.array(provider) }), 'list of providers');
  if (options.json) output.json({ providers: items });
  else
    print(
      output,
      ['provider', 'state', 'since (UTC)', 'answered (UTC)', 'last failure'],
      items.map(({ provider: name, state, since, answeredAt, failure }) => ({
        cells: [
          shown(name),
          shown(state),
          at(since),
          at(answeredAt),
          failure === null
            ? '-'
            : shown(
                `${failure.kind}${failure.status === null ? '' : ` ${failure.status}`} at ${at(failure.at)}`,
              ),
        ],
        needsAction: state === 'failing' || state === 'unavailable',
      })),
      { more: false, none: 'The gateway has no provider.' },
    );
  return 0;
}
