import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCluster, startAgain, startOnAFreePort } from '@gatehouse/testing/postgres-server';

export interface SoakPostgres {
  /** Of the superuser; it stays. */
  readonly url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** A server that can be restarted. Nothing of this process stands before it: what clients cost here would slow the database down. */
export async function startSoakPostgres(): Promise<SoakPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-soak-'));
  await chmod(folder, 0o755);
  const cluster = await makeCluster(join(folder, 'postgres'));
  let running = await startOnAFreePort(cluster);
  return {
    url: running.url,
    stop: async () => await running.server.stop(),
    start: async () => {
      running = await startAgain(cluster, running.port);
    },
    close: async () => {
      await running.server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
