import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BreakableLink } from '@gatehouse/testing/breakable-link';
import { makeCluster, startOnAFreePort } from '@gatehouse/testing/postgres-server';

export interface SoakPostgres {
  /** Of the superuser, at an address that stays. */
  readonly url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** A server that can be restarted behind one address. */
export async function startSoakPostgres(): Promise<SoakPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-soak-'));
  await chmod(folder, 0o755);
  const cluster = await makeCluster(join(folder, 'postgres'));
  let running = await startOnAFreePort(cluster);
  const { link, url } = await BreakableLink.toDatabase(running.url);
  return {
    url,
    stop: async () => {
      await running.server.stop();
      link.cut();
    },
    start: async () => {
      running = await startOnAFreePort(cluster);
      link.heal({ host: '127.0.0.1', port: running.port });
    },
    close: async () => {
      await link.close();
      await running.server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
