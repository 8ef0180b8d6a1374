import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCluster, startOnAFreePort } from '@gatehouse/testing/postgres-server';

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
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
