import { execFile } from 'node:child_process';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { embeddedPostgres } from '@gatehouse/persistence/embedded-postgres';
import pg from 'pg';
import { freePort } from './free-port.js';
import { TiedProcess, type TiedOptions } from './tied-process.js';

/** For a server that hangs; a busy machine takes its time to start one. */
const ANSWERS_WITHIN_MS = 120_000;
/** The port is free when it is looked for, and can be taken before the server has it. */
const MAX_STARTS = 5;

/** A folder that Postgres servers can be started on. */
export interface PostgresCluster {
  readonly binaries: string;
  readonly data: string;
  readonly options: TiedOptions;
}

export interface PostgresServer {
  readonly server: TiedProcess;
  readonly port: number;
  /** Of the superuser. */
  readonly url: string;
}

export async function makeCluster(folder: string): Promise<PostgresCluster> {
  const { binaries, user } = embeddedPostgres(import.meta.url);
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await mkdir(folder, { mode: 0o755 });
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, 'postgres');
  if (user !== undefined) for (const path of [data, passwordFile]) await chown(path, user.uid, user.gid);
  const options = { ...user, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C' } };
  const flags = [
    `--pgdata=${data}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
  ];
  const initdb = [...flags, '--no-sync', '--locale=C', '--encoding=UTF8'];
  await promisify(execFile)(join(binaries, 'initdb'), initdb, options);
  return { binaries, data, options };
}

/** Starts a server that ends with this process. */
export async function startOnAFreePort(
  cluster: PostgresCluster,
  more: readonly string[] = [],
): Promise<PostgresServer> {
  return await started(async () => await startOn(cluster, await freePort(), more));
}

/** As before its stop, at the port that it had. */
export async function startAgain(cluster: PostgresCluster, port: number): Promise<PostgresServer> {
  return await started(async () => await startOn(cluster, port, []));
}

async function started(start: () => Promise<PostgresServer | string>): Promise<PostgresServer> {
  for (let tries = 1; ; tries += 1) {
    const server = await start();
    if (typeof server !== 'string') return server;
    if (tries === MAX_STARTS) throw new Error(`Postgres for the tests did not start (${server})`);
  }
}

/** @returns why not, with what it said. */
async function startOn(
  { binaries, data, options }: PostgresCluster,
  port: number,
  more: readonly string[],
): Promise<PostgresServer | string> {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'max_connections=300',
    ...more,
  ];
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  // SIGINT: a fast shutdown, which waits for no client.
  const server = new TiedProcess('INT', [join(binaries, 'postgres'), ...args], options);
  let said = '';
  server.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
  const outcome = await Promise.race([untilItAnswers(url), server.ended.then(() => 'ended')]);
  if (outcome === 'answers') return { server, port, url };
  await server.kill();
  return `${outcome}: ${said}`;
}

/** @returns `answers`, or why not. */
async function untilItAnswers(url: string): Promise<string> {
  const giveUpAtMs = Date.now() + ANSWERS_WITHIN_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return 'answers';
    } catch (error) {
      if (Date.now() > giveUpAtMs) return String(error);
      await pause(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
