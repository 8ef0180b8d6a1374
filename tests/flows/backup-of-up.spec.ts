import { createHash, randomBytes } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Demonstration } from '@gatehouse/testing/demonstration';
import { freePortBase } from '@gatehouse/testing/free-port';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { inRepository } from '@gatehouse/testing/repository';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { wrongCalls, type SignedIn } from '../support/callers.js';
import { gatehouse, gatewayOf } from '../support/installed-gateway.js';

const PASSPHRASE = 'correct horse battery staple';
const key = (): string => randomBytes(32).toString('base64url');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-backup-of-up-'));
  // Postgres does not run as root; its own user has to get into the folder.
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a gateway of `gatehouse up`, from its state folder', () => {
  let base: number;
  let demonstration: Demonstration;
  const home = (): string => join(folder, 'home');
  const file = (): string => join(home(), 'gatehouse.yaml');
  const state = (): string => join(home(), '.gatehouse');
  const made = (): string => join(folder, 'of-up');
  const environment = {
    ACME_SSO_CLIENT_SECRET: 'acme-demo-secret',
    OCTO_CLIENT_SECRET: 'octo-demo-secret',
    STS_CLIENT_SECRET: 'sts-demo-secret',
    REPORTS_API_KEY: 'reports-demo-key',
  };
  const encrypted = { ...environment, GATEHOUSE_BACKUP_PASSPHRASE: PASSPHRASE };
  const of = (): readonly string[] => ['--state', state(), '--config', file()];

  beforeAll(async () => {
    base = await freePortBase(14);
    demonstration = new Demonstration(base);
    await demonstration.program.start();
    await mkdir(join(home(), 'keys'), { recursive: true });
    const text = await readFile(inRepository('examples/demonstration/gatehouse.yaml'), 'utf8');
    const moved = text.replaceAll(
      /\b(localhost|127\.0\.0\.1):(44\d\d)\b/g,
      (_all, host: string, port: string) => `${host}:${Number(port) - 4483 + base}`,
    );
    const listen = `
listen:
  proxy: { port: ${base}, internal: { port: ${base + 3} } }
  authorizationServer: { port: ${base + 1}, internal: { port: ${base + 4} } }
  tokenVault: { internal: { port: ${base + 2} } }
`;
    await writeFile(
      file(),
      (/^listen:/m.test(text)
        ? moved.replaceAll(
            /\bport: (44\d\d)\b/g,
            (_all, port: string) => `port: ${Number(port) - 4483 + base}`,
          )
        : moved + listen
      ).replace('env: TOKEN_VAULT_KEY_ENCRYPTION_KEY', 'file: keys/vault.key'),
    );
    await writeFile(join(home(), 'keys/vault.key'), key(), { mode: 0o600 });
  });
  afterAll(() => demonstration.program.stop());

  test('its keys go into a backup only if it is encrypted', async () => {
    await mkdir(state(), { recursive: true });
    await writeFile(join(state(), 'secrets.json'), '{}');
    const { code, stderr } = await gatehouse(['backup', made(), ...of()], environment);
    expect([code, stderr]).toEqual([64, expect.stringContaining('set GATEHOUSE_BACKUP_PASSPHRASE')]);
    await rm(state(), { recursive: true });
  });

  test('live backup, the whole folder lost, restored into an empty one: people are still signed in', async () => {
    const mcpUrl = `http://localhost:${base}/mcp`;
    let gateway = await gatewayOf(file(), base, environment).start();
    try {
      const people = await Promise.all(
        ['alice', 'bob'].map(async (login): Promise<SignedIn> => {
          const client = await OAuthClient.register(mcpUrl);
          return { login, client, ...(await client.signIn(login)) };
        }),
      );
      expect(await wrongCalls(mcpUrl, people)).toEqual([]);
      const backedUp = await gatehouse(['backup', made(), ...of()], encrypted);
      expect(backedUp).toMatchObject({ code: 0, stderr: '' });
      expect(backedUp.stdout).toContain('gatehouse.yaml, keys/vault.key');
      await gateway.stop();
      await rm(home(), { recursive: true });

      const wrong = { ...environment, GATEHOUSE_BACKUP_PASSPHRASE: 'another one, as long' };
      expect(await gatehouse(['restore', made(), ...of()], wrong)).toMatchObject({
        code: 66,
        stderr: expect.stringContaining('The passphrase is another one, or'),
      });
      await expect(stat(home())).rejects.toThrow('ENOENT');
      expect(await gatehouse(['restore', made(), ...of()], encrypted)).toMatchObject({ code: 0, stderr: '' });
      expect((await stat(join(home(), 'keys/vault.key'))).mode & 0o077).toBe(0);

      gateway = await gatewayOf(file(), base, environment).start();
      expect(await wrongCalls(mcpUrl, people)).toEqual([]);
      expect(await people[1]?.client.refresh(people[1].refreshToken)).toMatchObject({ status: 200 });
      expect(await gatehouse(['restore', made(), ...of(), '--replace'], encrypted)).toMatchObject({
        code: 75,
        stderr: expect.stringContaining('already running'),
      });
    } finally {
      await gateway.stop();
    }
    expect(await gatehouse(['restore', made(), ...of()], encrypted)).toMatchObject({
      code: 73,
      stderr: expect.stringContaining('is not empty'),
    });
    // Nothing of a backup that is sealed can be read.
    for (const entry of await readdir(made(), { recursive: true, withFileTypes: true }))
      if (entry.isFile() && entry.name !== 'manifest.json') expect(entry.name).toMatch(/\.gz\.sealed$/);
  });

  test('attack: an unsealed backup in the place of the sealed one is not restored, and nothing of it is written', async () => {
    const forged = join(folder, 'forged');
    await cp(made(), forged, { recursive: true });
    const body = JSON.parse(await readFile(join(made(), 'manifest.json'), 'utf8')) as Record<string, unknown>;
    delete body['mac'];
    delete body['sealing'];
    const mac = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
    await writeFile(join(forged, 'manifest.json'), JSON.stringify({ ...body, mac }));
    const elsewhere = [
      '--state',
      join(folder, 'else/.gatehouse'),
      '--config',
      join(folder, 'else/gatehouse.yaml'),
    ];
    for (const [known, why] of [
      [encrypted, 'is not encrypted, and a passphrase is given'],
      [environment, 'has keys or files and is not encrypted'],
    ] as const)
      for (const to of [['--check'], elsewhere])
        expect(await gatehouse(['restore', forged, ...to], known)).toMatchObject({
          code: 66,
          stderr: expect.stringContaining(why),
        });
    await expect(stat(join(folder, 'else'))).rejects.toThrow('ENOENT');
  });

  test('a restore that fails leaves nothing in a place where nothing was: no file, no folder', async () => {
    const other = join(folder, 'other.yaml');
    const text = await readFile(file(), 'utf8');
    await writeFile(other, text.replace(/^name: .*$/m, 'name: another-gateway'));
    const to = ['--state', join(folder, 'new/place/.gatehouse'), '--config', other];
    expect(await gatehouse(['restore', made(), ...to], encrypted)).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('the configuration is of another-gateway'),
    });
    await expect(stat(join(folder, 'new'))).rejects.toThrow('ENOENT');
  });

  test('of a folder of manifests the rows and keys are kept, and the folder is named: nothing of it is taken for a file', async () => {
    const manifests = join(folder, 'manifests');
    await mkdir(manifests);
    const converted = await gatehouse(['convert', file()], environment);
    expect(converted).toMatchObject({ code: 0 });
    await writeFile(join(manifests, 'all.yaml'), converted.stdout);
    await cp(join(home(), 'keys'), join(manifests, 'keys'), { recursive: true });
    const kept = join(folder, 'of-manifests');
    const backedUp = await gatehouse(['backup', kept, '--state', state(), '--config', manifests], encrypted);
    expect(backedUp).toMatchObject({ code: 0, stderr: '' });
    expect(backedUp.stdout).toContain('Not in the backup, because it is a folder');
    expect(JSON.parse(await readFile(join(kept, 'manifest.json'), 'utf8'))).toMatchObject({ files: [] });
    const before = await readdir(manifests, { recursive: true });
    const to = ['--state', join(folder, 'of-manifests-state'), '--config', manifests];
    expect(await gatehouse(['restore', kept, ...to], encrypted)).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(manifests, { recursive: true })).toEqual(before);
  });
});
