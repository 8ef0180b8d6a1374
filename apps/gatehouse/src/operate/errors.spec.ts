import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { gatehouse } from '../terminal.fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-operate-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const configuration = async (): Promise<string> => {
  const file = join(folder, 'gatehouse.yaml');
  await writeFile(file, await readFile(DEMONSTRATION_CONFIGURATION, 'utf8'));
  return file;
};

const LISTS = [['sessions'], ['connections']] as const;

describe('commands that look into an installation say what is in their way, and what to type next', () => {
  test.each([
    [['sessions', 'end'], 'gatehouse sessions end <session>'],
    [['sessions', 'end', 'abcdef0123', '--account', 'x'], 'gatehouse sessions end <session>'],
    [['sessions', 'end', 'not-a-digest'], 'as `gatehouse sessions` shows it'],
    [['connections', 'revoke'], 'gatehouse connections revoke <connection>'],
  ])('%j: exit code 64', async (args, said) => {
    const { code, stderr } = await gatehouse(args);
    expect([code, stderr]).toEqual([64, expect.stringContaining(said)]);
  });

  test.each(LISTS)('%s of a state folder that is none: exit code 66', async (command) => {
    const { code, stderr } = await gatehouse([command, '--state', folder]);
    expect([code, stderr]).toEqual([66, expect.stringContaining('is no state folder of `gatehouse up`')]);
  });

  test.each(LISTS)('%s of a database that is away: exit code 75, without its password', async (command) => {
    const url = `postgres://someone:hidden-password@127.0.0.1:${await freePort()}/gatehouse`;
    const environment = { AUTHORIZATION_SERVER_DATABASE_URL: url, TOKEN_VAULT_DATABASE_URL: url };
    const { code, stderr } = await gatehouse([command, '--config', await configuration()], environment);
    expect([code, stderr]).toEqual([
      75,
      expect.stringMatching(/nothing listens there \(ECONNREFUSED\)\. Start it, then run the command again/),
    ]);
    expect(stderr).not.toContain('hidden-password');
  });

  test.each(LISTS)('%s of a database that was not migrated: which command to run', async (command) => {
    const [own, vault] = await Promise.all([
      startTestDatabase('authorization-server', { before: '0' }),
      startTestDatabase('token-vault', { before: '0' }),
    ]);
    try {
      const environment = {
        AUTHORIZATION_SERVER_DATABASE_URL: own.url.reveal(),
        TOKEN_VAULT_DATABASE_URL: vault.url.reveal(),
      };
      const { code, stderr } = await gatehouse([command, '--config', await configuration()], environment);
      expect([code, stderr]).toEqual([1, expect.stringContaining('Run `gatehouse migrate`')]);
    } finally {
      await Promise.all([own.close(), vault.close()]);
    }
  });

  test('sessions of a gateway whose callers sign in elsewhere', async () => {
    const file = join(folder, 'anonymous.yaml');
    await writeFile(
      file,
      `name: open
publicUrl: https://gatehouse.example.com
incomingAuth: { type: anonymous }
backends: [{ name: one, url: https://one.example.com/mcp }]
vault: { keyEncryptionKeys: [{ id: a, env: KEY }] }
postgres: { tokenVault: { url: { env: TOKEN_VAULT_DATABASE_URL } } }
nats: { servers: [nats://127.0.0.1:4222], credentials: { env: NATS_CREDENTIALS } }
`,
    );
    const { code, stderr } = await gatehouse(['sessions', '--config', file]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('The gateway open has no authorization server'),
    ]);
  });
});
