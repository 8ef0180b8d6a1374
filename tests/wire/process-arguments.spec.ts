import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePortBase } from '@gatehouse/testing/free-port';
import { printFigure } from '@gatehouse/testing/figures';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const PORTS = 12;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-arguments-'));
  // When the tests run as root, Postgres runs as another user, who needs access to this folder.
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What anybody on this machine can read of every process. */
async function processArguments(): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'args='], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout.split('\n');
}

test('no secret is in the arguments of any process that `gatehouse up` starts (another user of the machine)', async () => {
  const base = await freePortBase(PORTS);
  const args = [inRepository('apps/gatehouse/dist/main.js'), 'up', '--once', '--json'];
  const { PATH = '', HOME = '/tmp' } = process.env;
  const gateway = spawn(process.execPath, [...args, '--port-base', String(base), '--state', folder], {
    env: { PATH, HOME },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  gateway.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const seen = new Set<string>();
  let isOver = false;
  gateway.once('close', () => (isOver = true));
  await until(async () => {
    for (const line of await processArguments()) seen.add(line);
    return isOver;
  }, 240_000);
  expect(gateway.exitCode === 0 ? '' : said).toBe('');

  const secrets = Object.values(
    JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8')) as Record<string, string>,
  );
  expect(secrets.length).toBeGreaterThan(10);
  const lines = [...seen];
  for (const program of ['demonstration', 'authorization-server', 'token-vault', 'vmcp-proxy'])
    expect(lines.some((line) => line.includes(`apps/${program}/dist/main.js`))).toBe(true);
  for (const program of ['postgres -D ', 'nats-server --config '])
    expect(lines.some((line) => line.includes(program) && line.includes(folder))).toBe(true);
  const told = lines.filter((line) => secrets.some((secret) => line.includes(secret)));
  printFigure(`process arguments read: ${lines.length}, with a secret in them: ${told.length}`);
  expect(told).toEqual([]);
});

test('the script that makes the database roles tells psql where the passwords are, and not what they are', async () => {
  const [log, files] = [
    join(folder, 'psql.log'),
    { as: join(folder, 'as'), tv: join(folder, 'tv'), owner: join(folder, 'owner') },
  ];
  await writeFile(files.as, 'password-of-the-authorization-server');
  await writeFile(files.tv, 'password-of-the-token-vault');
  await writeFile(files.owner, 'password-of-the-owner');
  // A stand-in for psql that records its arguments and input. Other tests run the real psql.
  await writeFile(join(folder, 'psql'), `#!/bin/sh\n{ printf '%s\\n' "$@"; cat; } >> "$PSQL_LOG"\n`, {
    mode: 0o755,
  });
  await promisify(execFile)('sh', [inRepository('infra/postgres/10-roles.sh')], {
    env: {
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      PSQL_LOG: log,
      POSTGRES_USER: 'postgres',
      POSTGRES_DB: 'gatehouse',
      AUTHORIZATION_SERVER_PASSWORD_FILE: files.as,
      TOKEN_VAULT_PASSWORD_FILE: files.tv,
      TOKEN_VAULT_OWNER_PASSWORD_FILE: files.owner,
    },
  });
  const told = await readFile(log, 'utf8');
  for (const role of ['authorization_server', 'token_vault', 'token_vault_owner'])
    expect(told).toMatch(
      new RegExp(`^.set ${role}_password \`cat "[$]${role.toUpperCase()}_PASSWORD_FILE"\`$`, 'm'),
    );
  expect(told).not.toContain('password-of');
});
