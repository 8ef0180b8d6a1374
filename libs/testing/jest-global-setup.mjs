import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { embeddedPostgres } from '@gatehouse/persistence/embedded-postgres';
import pg from 'pg';

/** One real Postgres for the whole run; each test makes its own database in it (`@gatehouse/testing/postgres`). */
export default async function startPostgres() {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-postgres-'));
  const { binaries, user } = embeddedPostgres(import.meta.url);
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, 'postgres');
  // As root the server runs as another user, who has to reach all of it.
  await chmod(folder, 0o755);
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
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'max_connections=300',
  ];
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const postgres = spawn(join(binaries, 'postgres'), args, { ...options, stdio: 'ignore' });
  const stop = () => postgres.kill('SIGINT');
  process.once('exit', stop);
  await untilItAnswers(port);
  process.env.GATEHOUSE_TEST_POSTGRES = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
  globalThis.stopGatehouseTestPostgres = async () => {
    process.off('exit', stop);
    const ended = once(postgres, 'exit');
    stop();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
}

async function untilItAnswers(port) {
  for (let left = 300; ; left -= 1) {
    const client = new pg.Client({
      connectionString: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    });
    try {
      await client.connect();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await pause(50);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
