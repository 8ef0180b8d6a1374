import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { KeptGroups } from './kept-groups.js';
import { renderOrder, type StopPhase } from './keeper-orders.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-groups-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A group of its own that says when it is there. @returns its number, and how it ends. */
async function group(
  name: string,
  onTerm: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ pid: number; end: Promise<unknown[]> }> {
  const script = `trap '${onTerm}' TERM; touch ${folder}/${name}; while :; do sleep 0.05; done`;
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore', env });
  const end = once(child, 'exit');
  await until(() => existsSync(join(folder, name)));
  return { pid: child.pid ?? 0, end };
}

const keep = (pid: number, phase: StopPhase = 1): string =>
  renderOrder({ kind: 'keep', pid, signal: 'SIGTERM', phase });

/** More than any machine needs, so that a test which waits for it fails. */
const NEVER_MS = 3_600_000;

test('who ends when asked is not killed', async () => {
  const groups = new KeptGroups(NEVER_MS);
  const { pid, end } = await group('willing', 'exit 5');
  groups.obey(keep(pid));
  await groups.stop();
  expect(await end).toEqual([5, null]);
});

test('who does not listen is killed when patience has run out', async () => {
  const groups = new KeptGroups(50);
  const { pid, end } = await group('deaf', ':');
  groups.obey(keep(pid));
  await groups.stop();
  expect(await end).toEqual([null, 'SIGKILL']);
});

test('the programs of a bridge that had to be killed end with it, and nobody else’s', async () => {
  const groups = new KeptGroups(50);
  const programOf = async (name: string, bridge: string) =>
    await group(name, ':', { PATH: process.env['PATH'], GATEHOUSE_PROGRAM: `${bridge}-1` });
  const bridge = await group('bridge', ':');
  const program = await programOf('program', `${bridge.pid}`);
  const other = await programOf('other', `1${bridge.pid}`);
  groups.obey(keep(bridge.pid));
  await groups.stop();
  expect([await bridge.end, await program.end]).toEqual([
    [null, 'SIGKILL'],
    [null, 'SIGKILL'],
  ]);
  expect(process.kill(other.pid, 0)).toBe(true);
  process.kill(-other.pid, 'SIGKILL');
  await other.end;
});

test('who does not listen is killed at once when somebody is in a hurry', async () => {
  const groups = new KeptGroups(NEVER_MS);
  const { pid, end } = await group('deaf', ':');
  groups.obey(keep(pid));
  const stopping = groups.stop();
  groups.obey(renderOrder({ kind: 'hurry' }));
  await stopping;
  expect(await end).toEqual([null, 'SIGKILL']);
});

test('an order to stop is heard', async () => {
  const groups = new KeptGroups();
  groups.obey(renderOrder({ kind: 'stop' }));
  await expect(groups.asked).resolves.toBeUndefined();
});

test('who was forgotten is left alone, and so is what no order says', async () => {
  const groups = new KeptGroups(50);
  const { pid, end } = await group('forgotten', 'exit 5');
  groups.obey(keep(pid));
  groups.obey(renderOrder({ kind: 'forget', pid }));
  groups.obey(`keep ${pid}`);
  await groups.stop();
  process.kill(-pid, 'SIGTERM');
  expect(await end).toEqual([5, null]);
});

test('who has ended already holds nobody up', async () => {
  const groups = new KeptGroups(NEVER_MS);
  const { pid, end } = await group('gone', 'exit 5');
  groups.obey(keep(pid, 3));
  process.kill(-pid, 'SIGKILL');
  await end;
  await expect(groups.stop()).resolves.toBeUndefined();
});
