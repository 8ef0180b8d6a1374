import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { promisify } from 'node:util';
import {
  embeddedPostgres,
  reachableFolder,
  type EmbeddedPostgres,
} from '@gatehouse/persistence/embedded-postgres';
import pg from 'pg';
import { Cannot } from '../cannot.js';
import { ROLES_SQL } from '../paths.js';
import { reasonOf } from '../reason.js';
import { baseEnvironment } from './environment.js';
import type { Processes, RunningProcess } from './processes.js';
import { untilReady } from './readiness.client.js';
import type { StateFolder } from './state.js';

const DATABASE = 'gatehouse';
const SUPERUSER = 'postgres';
const READY_TIMEOUT_MS = 30_000;

interface Installation extends EmbeddedPostgres {
  readonly data: string;
}

/** Starts the Postgres that npm brought, making its data folder first if there is none, and waits until it answers. */
export async function startPostgres(
  state: StateFolder,
  processes: Processes,
  port: number,
): Promise<RunningProcess> {
  const installation = installationFor(state);
  // New secrets open nothing that older ones locked.
  const isUsable = state.isReused && existsSync(join(installation.data, 'PG_VERSION'));
  if (!isUsable) await initialise(installation, state);
  const running = processes.start({
    name: 'postgres',
    command: join(installation.binaries, 'postgres'),
    args: ['-D', installation.data, '-p', String(port), ...SETTINGS.flatMap((setting) => ['-c', setting])],
    environment: { ...baseEnvironment(), LC_ALL: 'C.UTF-8' },
    // Fast shutdown: finish nothing, keep everything that was committed.
    stopSignal: 'SIGINT',
    stopPhase: 3,
    ...(installation.user === undefined
      ? {}
      : { user: { uid: installation.user.uid, gid: installation.user.gid } }),
  });
  await untilItAnswers(running, superuserUrl(state, port, 'postgres'), port);
  await prepareDatabase(state, port);
  return running;
}

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'log_min_messages=warning',
];

const superuserUrl = (state: StateFolder, port: number, database: string): string =>
  `postgres://${SUPERUSER}:${state.secrets.postgresPassword}@127.0.0.1:${port}/${database}`;

/** Connection URL of one service's own role. */
export const databaseUrl = (
  role: 'authorization_server' | 'token_vault',
  password: string,
  port: number,
): string => `postgres://${role}:${password}@127.0.0.1:${port}/${DATABASE}`;

function installationFor(state: StateFolder): Installation {
  try {
    const embedded = embeddedPostgres(import.meta.url);
    return { ...embedded, data: reachableFolder(state.path('postgres'), embedded.user) };
  } catch (error) {
    const wayOut =
      'gatehouse up --config FILE, with AUTHORIZATION_SERVER_DATABASE_URL and TOKEN_VAULT_DATABASE_URL set';
    throw new Cannot(`${reasonOf(error)}\nUse one of your own: ${wayOut}.`);
  }
}

/** Where the Postgres of a state folder listens now; `undefined` when it does not run. */
export function runningPostgresPort(state: StateFolder): number | undefined {
  try {
    // The fourth line of the file is the port (PostgreSQL, `src/include/utils/pidfile.h`).
    const lines = readFileSync(join(installationFor(state).data, 'postmaster.pid'), 'utf8').split('\n');
    const port = Number(lines[3]);
    return Number.isInteger(port) && port > 0 ? port : undefined;
  } catch {
    return undefined;
  }
}

/** Makes the data folder, whole or not at all. */
async function initialise({ binaries, data, user }: Installation, state: StateFolder): Promise<void> {
  const draft = `${data}.new`;
  const passwordFile = `${data}.password`;
  for (const leftover of [data, draft]) rmSync(leftover, { recursive: true, force: true });
  // What lies above has to let the user pass that Postgres runs as.
  mkdirSync(dirname(draft), { recursive: true, mode: 0o755 });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, state.secrets.postgresPassword, { mode: 0o600 });
  if (user !== undefined) for (const path of [draft, passwordFile]) chownSync(path, user.uid, user.gid);
  const args = [`--pgdata=${draft}`, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`];
  const choices = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
  try {
    await promisify(execFile)(join(binaries, 'initdb'), [...args, ...choices], {
      env: { ...baseEnvironment(), LC_ALL: 'C.UTF-8' },
      cwd: parse(data).root,
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    renameSync(draft, data);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw new Cannot(
      `Postgres could not make its data folder ${data}:\n${reasonOf(error)}\nChoose another state folder: --state <folder>`,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

const untilItAnswers = (running: RunningProcess, url: string, port: number): Promise<void> =>
  untilReady(running, READY_TIMEOUT_MS, `127.0.0.1:${port}`, async () => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return undefined;
    } finally {
      await client.end().catch(() => undefined);
    }
  });

async function prepareDatabase(state: StateFolder, port: number): Promise<void> {
  await withClient(superuserUrl(state, port, 'postgres'), async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  });
  const values = {
    authorization_server_password: state.secrets.authorizationServerDatabasePassword,
    token_vault_password: state.secrets.tokenVaultDatabasePassword,
  };
  const script = fillVariables(readFileSync(ROLES_SQL, 'utf8'), values);
  await withClient(superuserUrl(state, port, DATABASE), (client) => client.query(script));
}

/** Puts values where a script for psql says `:'name'`; a name without a value is an error. */
export function fillVariables(script: string, values: Readonly<Record<string, string>>): string {
  return script.replace(/:'(\w+)'/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the script asks for ${name}`);
    return pg.escapeLiteral(value);
  });
}

async function withClient(url: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  // A connection that breaks is reported by the query that needs it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
