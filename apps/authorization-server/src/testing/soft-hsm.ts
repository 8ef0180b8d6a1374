import { execFileSync } from 'node:child_process';
import { randomBytes, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HeldKey, Pkcs11Module } from '@gatehouse/config/model/held-keys';
import { Secret } from '@gatehouse/kernel/secret';

const MODULE = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
].find(existsSync);
const TOKEN = 'gatehouse';

/** A token of SoftHSM (Debian: `softhsm2`), made for one spec. */
export class SoftHsm {
  /** Without it, specs are skipped. */
  static readonly isInstalled: boolean = MODULE !== undefined;

  readonly #folder = mkdtempSync(join(tmpdir(), 'gatehouse-hsm-'));
  readonly #environment = { SOFTHSM2_CONF: join(this.#folder, 'softhsm2.conf') };
  readonly #tokens = join(this.#folder, 'tokens');
  readonly pin = randomBytes(8).toString('hex');
  #keys = 0;

  constructor() {
    mkdirSync(this.#tokens);
    writeFileSync(
      this.#environment.SOFTHSM2_CONF,
      `directories.tokendir = ${this.#tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    );
    this.#run('--init-token', '--free', '--label', TOKEN, '--so-pin', 'the-officer');
  }

  /** How it is configured. */
  module(more: Partial<Pkcs11Module<Secret>> = {}): Pkcs11Module<Secret> {
    return {
      module: MODULE ?? '',
      pin: new Secret(this.pin),
      environment: this.#environment,
      timeoutMs: 60_000,
      ...more,
    };
  }

  /** Puts the key pair into the token. */
  add(object: string, privateKey: KeyObject): HeldKey {
    const file = join(this.#folder, 'key.pem');
    const id = (this.#keys += 1).toString(16).padStart(2, '0');
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    this.#run('--import', file, '--token', TOKEN, '--label', object, '--id', id);
    rmSync(file);
    return named(object);
  }

  /** It is there no more, as after somebody pulled it out. */
  away(): void {
    renameSync(this.#tokens, `${this.#tokens}-away`);
    mkdirSync(this.#tokens);
  }

  back(): void {
    rmSync(this.#tokens, { recursive: true });
    renameSync(`${this.#tokens}-away`, this.#tokens);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(...args: readonly string[]): void {
    execFileSync('softhsm2-util', [...args, '--pin', this.pin], {
      env: { ...this.#environment, PATH: '/usr/bin:/bin:/opt/homebrew/bin' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
}

export const named = (object: string): HeldKey => ({
  holder: 'pkcs11',
  name: `pkcs11:token=${TOKEN};object=${object}`,
  key: { token: TOKEN, object },
});
