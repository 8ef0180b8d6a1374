import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { embeddedPostgres } from '@gatehouse/persistence/embedded-postgres';
import { freePort } from '@gatehouse/testing/free-port';
import { TiedProcess } from '@gatehouse/testing/tied-process';
import pg from 'pg';

/** For a server that hangs; a busy machine takes its time to start one. */
const ANSWERS_WITHIN_MS = 120_000;
/** The port is free when it is looked for, and can be taken before the server has it. */
const MAX_STARTS = 5;

const RUN = /^gatehouse-tests-(\d+)-/;

/**
 * One folder for everything that a run writes, and in it one real Postgres; each test makes its own database there
 * (`@gatehouse/testing/postgres`).
 */
export default async function startRun() {
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), `gatehouse-tests-${process.pid}-`));
  // As root the server runs as another user, who has to reach all of it.
  await chmod(folder, 0o755);
  // Of this process and of the workers that it starts.
  process.env.TMPDIR = folder;
  const cluster = await makeCluster(join(folder, 'postgres'));
  const { server, url } = await startOnAFreePort(cluster);
  process.env.GATEHOUSE_TEST_POSTGRES = url;
  globalThis.endGatehouseTestRun = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

/** What runs left that were killed; their servers ended with them. */
async function removeLeftovers() {
  for (const name of await readdir(tmpdir())) {
    const pid = RUN.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

async function makeCluster(folder) {
  const { binaries, user } = embeddedPostgres(import.meta.url);
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await mkdir(folder, { mode: 0o755 });
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, 'postgres');
  if (user !== undefined) for (const path of [data, passwordFile]) await chown(path, user.uid, user.gid);
  const options = { ...user, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C' } };
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

async function startOnAFreePort({ binaries, data, options }) {
  for (let start = 1; ; start += 1) {
    const port = await freePort();
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'fsync=off',
      'max_connections=300',
    ];
    const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
    // SIGINT: a fast shutdown, which waits for no client.
    const server = new TiedProcess('INT', [join(binaries, 'postgres'), ...args], options);
    let said = '';
    server.stderr.on('data', (chunk) => (said += chunk));
    const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
    const outcome = await Promise.race([untilItAnswers(url), server.ended.then(() => 'ended')]);
    if (outcome === 'answers') return { server, url };
    await server.kill();
    if (start === MAX_STARTS) throw new Error(`Postgres for the tests did not start (${outcome}):\n${said}`);
  }
}

/** @returns `answers`, or why not. */
async function untilItAnswers(url) {
  const giveUpAtMs = Date.now() + ANSWERS_WITHIN_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return 'answers';
    } catch (error) {
      if (Date.now() > giveUpAtMs) return error.message;
      await pause(50);
    } finally {
      await client.end().catch(() => {});
    }
  }
}
