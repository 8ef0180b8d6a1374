import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { configurationText, SECRETS } from '@gatehouse/config/configuration.fixture';
import { textOf } from '@gatehouse/config/from-manifests/manifests.fixture';
import { manifestsOf } from '@gatehouse/config/from-manifests/wrong-manifests/manifest-row.fixture';
import { WRONG_MANIFESTS } from '@gatehouse/config/from-manifests/wrong-manifests/wrong-manifests.fixture';
import { WRONG_ROWS } from '@gatehouse/config/rules/wrong-rows.fixture';
import { SERVICES } from '@gatehouse/kernel/services';
import { EXIT_CODES } from '../cannot.js';
import { programOf } from '../paths.js';
import { gatehouse } from '../terminal.fixture.js';

interface Wrong {
  readonly refused: string;
  readonly text: string;
  /** Where the first message stands. */
  readonly path: string;
}

/** The rows stand in the order of their rules, so that each kind of rule has some. */
const EVERY = 9;
const each = (rows: readonly Wrong[]): readonly Wrong[] => rows.filter((_row, index) => index % EVERY === 0);

/** With the NATS server that `up` starts: another one is said before any secret is read. */
const ofUp = (text: string): string => text.replace('nats://nats:4222', 'nats://127.0.0.1:4492');

const FORMS = {
  'gatehouse.yaml': each(
    WRONG_ROWS.map(([refused, changes, path]) => ({ refused, text: ofUp(configurationText(changes)), path })),
  ),
  manifests: each(
    WRONG_MANIFESTS.map((row) => ({
      refused: row.refused,
      text: textOf(manifestsOf(row)),
      path: row.said[0]?.[0] ?? '',
    })),
  ),
};

/** What a wrong configuration must not be needed for: all values are there. */
const ENVIRONMENT = {
  ...SECRETS,
  TOKEN_VAULT_KEY_ENCRYPTION_KEY: SECRETS.VAULT_KEK,
  AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY: SECRETS.AS_KEK,
  AUTHORIZATION_SERVER_DATABASE_URL: SECRETS.AS_DATABASE_URL,
  TOKEN_VAULT_DATABASE_URL: SECRETS.VAULT_DATABASE_URL,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-wrong-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Processes that this one has started and that have not ended, and those that they started. */
const children = async (): Promise<string> =>
  await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');

describe.each(Object.entries(FORMS))('a wrong configuration in the form of %s', (form, rows) => {
  test.each(rows)('with $refused: up says where, and no process, port or file is there', async (row) => {
    const file = join(folder, 'wrong.yaml');
    await writeFile(file, row.text);
    const before = await children();
    const { code, stdout, stderr } = await gatehouse(['up', file], ENVIRONMENT);
    expect(code).toBe(EXIT_CODES.configuration);
    expect(stderr).toContain(row.path);
    expect(stdout).toBe('');
    // A port is open while a process holds it, and there is none.
    expect(await children()).toBe(before);
    expect(await readdir(folder)).toEqual(['wrong.yaml']);
  });

  test.each(SERVICES)(`%s ends with exit code 78 before it opens anything (${form})`, async (service) => {
    const row = rows.find(({ path }) => path.includes('upstreamProviders'));
    const file = join(folder, 'wrong.yaml');
    await writeFile(file, row?.text ?? '');
    const child = spawn(process.execPath, [programOf(service), '--config', file], {
      env: { ...ENVIRONMENT },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    expect(await once(child, 'close')).toEqual([EXIT_CODES.configuration, null]);
    expect(said).toContain(row?.path);
    expect(said).not.toContain('service-started');
  });
});

test('the sample holds enough of both forms', () => {
  const counts = Object.values(FORMS).map(({ length }) => length);
  process.stdout.write(
    `up was asked to start ${counts.join(' and ')} wrong configurations, and started none\n`,
  );
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(35);
});
