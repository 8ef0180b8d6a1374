import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { BreakableLink } from './breakable-link.js';
import {
  makeCluster,
  type PostgresCluster,
  type PostgresServer,
  startOnAFreePort,
} from './postgres-server.js';

/** A primary with a streaming standby that has everything before a client hears of it, behind one address. */
export interface ReplicatedPostgres {
  /** Of the superuser, at the address that moves with the primary. */
  readonly url: string;
  /** What is between everybody and the primary. */
  readonly link: BreakableLink;
  /** Of the superuser, at the standby itself. */
  readonly standbyUrl: string;
  /** Ends the primary; nothing takes its place. */
  losePrimary(): Promise<void>;
  /** The address leads to the standby from now on. */
  moveAddress(): void;
  /** Ends the primary, at once or without a word to anybody; the standby is promoted, and the address moves to it. */
  failOver(how: 'killed' | 'silent'): Promise<void>;
  close(): Promise<void>;
}

export async function startReplicatedPostgres(): Promise<ReplicatedPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-postgres-'));
  await chmod(folder, 0o755);
  const cluster = await makeCluster(join(folder, 'primary'));
  // Both start from the same files, before anything is written.
  const copied = await copyOf(cluster, join(folder, 'standby'));
  const primary = await startOnAFreePort(cluster, ['synchronous_standby_names=*']);
  await writeFile(join(copied.data, 'standby.signal'), '');
  const standby = await startOnAFreePort(copied, [
    `primary_conninfo=host=127.0.0.1 port=${primary.port} user=postgres password=postgres`,
  ]);
  await untilItStreams(primary.url);
  const { link, url } = await BreakableLink.toDatabase(primary.url);
  const losePrimary = async (): Promise<void> => {
    await primary.server.kill();
    link.cut();
  };
  const moveAddress = (): void => {
    link.heal({ host: '127.0.0.1', port: standby.port });
  };
  return {
    url,
    link,
    standbyUrl: standby.url,
    losePrimary,
    moveAddress,
    failOver: async (how) => {
      if (how === 'killed') await losePrimary();
      else link.freeze();
      await ask(standby.url, 'select pg_promote(true, 60)');
      moveAddress();
    },
    close: async () => {
      await link.close();
      await Promise.all([primary, standby].map(({ server }: PostgresServer) => server.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function copyOf(
  { data, options, binaries }: PostgresCluster,
  folder: string,
): Promise<PostgresCluster> {
  await mkdir(folder, { mode: 0o755 });
  const copy = join(folder, 'data');
  await cp(data, copy, { recursive: true });
  const { uid, gid } = options;
  if (uid !== undefined && gid !== undefined)
    await promisify(execFile)('chown', ['-R', `${uid}:${gid}`, copy]);
  await chmod(copy, 0o700);
  return { binaries, data: copy, options: { ...options, cwd: folder } };
}

async function untilItStreams(url: string): Promise<void> {
  for (;;) {
    const rows = await ask(url, `select 1 from pg_stat_replication where state = 'streaming'`);
    if (rows.length > 0) return;
    await pause(50);
  }
}

async function ask(url: string, text: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
