import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { printFigure } from '@gatehouse/testing/figures';
import { until } from '@gatehouse/testing/until';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { REPOSITORY } from '../paths.js';
import { Audited } from './audit.fixture.js';

let audited: Audited;
let entries: number;

beforeEach(async () => {
  audited = await Audited.start();
  entries = await audited.fill(6);
});

afterEach(() => audited.close());

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** The program as an operator runs it. */
function command(name: string, ...options: readonly string[]): Child {
  const program = join(REPOSITORY, 'apps/gatehouse/dist/main.js');
  return spawn(process.execPath, [program, 'audit', name, '--config', audited.config, ...options], {
    env: { PATH: process.env['PATH'], ...audited.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const run = (): Child => command('archive', '--directory', audited.archives, '--before', '1d', '--remove');

async function killed(child: Child): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Every entry is in the database or in an archive that was read back, and a further run finishes the work. */
async function nothingIsLost(): Promise<void> {
  await expect(audited.verify()).resolves.toMatchObject({ code: 0 });
  const { code, text } = await audited.archive({ remove: true });
  expect({ code, text }).toMatchObject({ code: 0 });
  const archives = await audited.verify({ archives: [audited.archives] });
  expect(archives.code).toBe(0);
  const archived = [...archives.text.matchAll(/^archive .*: (\d+) entries, good$/gm)];
  const [left] = await audited.admin<{ count: string }>('select count(*) from custody_log');
  const total = archived.reduce((sum, [, count]) => sum + Number(count), Number(left?.count));
  expect(total).toBe(entries);
}

describe('an archive run that is killed (kill -9)', () => {
  test.each([1, 2, 3])('when it has said that archive %s is there loses nothing', async (number) => {
    const child = run();
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await until(() => text.includes(`archive ${number} `) || child.exitCode !== null);
    await killed(child);
    await nothingIsLost();
  });

  test('between export and removal loses nothing', async () => {
    // Gives every day its partition.
    await audited.archive({ directory: join(audited.folder, 'before') });
    const blocker = new pg.Client({
      connectionString: audited.database.adminUrl.reveal(),
      options: '-c search_path=token_vault',
    });
    await blocker.connect();
    const [oldest] = await audited.admin<{ name: string }>(
      `select tableoid::regclass::text as name from custody_log order by at limit 1`,
    );
    // Somebody who writes into the partition: it can be read, and not be taken away.
    await blocker.query(`begin; lock table ${oldest?.name ?? ''} in row exclusive mode`);
    const child = run();
    try {
      const waiting = `select from pg_stat_activity where application_name = 'gatehouse-audit' and wait_event_type = 'Lock' and datname = current_database()`;
      await until(async () => (await audited.admin(waiting)).length > 0 || child.exitCode !== null);
      await killed(child);
      const files = await readdir(audited.archives);
      expect(files.filter((file) => file.endsWith('.manifest.json'))).toHaveLength(1);
    } finally {
      await blocker.end();
    }
    // The server notices a client that is gone when it has finished what it waited for.
    await until(
      async () =>
        (
          await audited.admin(
            `select from pg_stat_activity where application_name = 'gatehouse-audit' and datname = current_database()`,
          )
        ).length === 0,
    );
    expect((await audited.admin('select from custody_log')).length).toBe(entries);
    await nothingIsLost();
    printFigure(
      `custody log archive: killed between export and removal, ${entries} of ${entries} entries still there`,
    );
  });
});

test('the exit codes tell what verified (0), what is not as it was written (2), what was typed wrong (64) and what is not there (66)', async () => {
  const codeOf = async (child: Child) => (await once(child, 'exit'))[0] as number;
  expect(await codeOf(run())).toBe(0);
  const folder = ['--archive', audited.archives];
  expect(await codeOf(command('verify', ...folder))).toBe(0);
  expect(await codeOf(command('verify', '--offline'))).toBe(64);
  expect(await codeOf(command('verify', '--archive', join(audited.folder, 'nowhere'), '--offline'))).toBe(66);
  const [file = ''] = (await readdir(audited.archives)).filter((name) => name.endsWith('.gz'));
  await rm(join(audited.archives, file));
  expect(await codeOf(command('verify', ...folder, '--offline'))).toBe(2);
});
