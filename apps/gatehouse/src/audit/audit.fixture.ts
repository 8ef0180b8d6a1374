import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { CustodyKey } from '@gatehouse/persistence/custody-log/custody-key';
import { insertEntries, chainAt } from '@gatehouse/testing/custody-rows';
import { giveVaultOwner, startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { inRepository } from '@gatehouse/testing/repository';
import pg from 'pg';
import { Output } from '../output.js';
import { KeptText } from '../terminal.fixture.js';
import { archive } from './archive.js';
import { verify, type VerifyOptions } from './verify.js';

export interface Ran {
  readonly code: number;
  readonly text: string;
}

/** A vault's database with a filled custody log, a configuration for it, and the audit commands. */
export class Audited {
  private constructor(
    readonly database: TestDatabase,
    readonly folder: string,
    readonly environment: Readonly<Record<string, string>>,
    readonly key: CustodyKey,
  ) {}

  /** @param hasOwner whether the log belongs to a role of its own */
  static async start({ hasOwner = true }: { readonly hasOwner?: boolean } = {}): Promise<Audited> {
    const database = await startTestDatabase('token-vault');
    const ownerUrl = hasOwner ? await giveVaultOwner(database) : undefined;
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-audit-'));
    const yaml = await readFile(inRepository('examples/demonstration/gatehouse.yaml'), 'utf8');
    const written = '{ env: TOKEN_VAULT_DATABASE_URL }';
    await writeFile(
      join(folder, 'gatehouse.yaml'),
      hasOwner ? yaml.replace(written, `${written}, ownerUrl: { env: OWNER_URL }`) : yaml,
    );
    const keyEncryptionKey = randomBytes(32).toString('base64url');
    const environment = {
      TOKEN_VAULT_KEY_ENCRYPTION_KEY: keyEncryptionKey,
      TOKEN_VAULT_DATABASE_URL: database.url.reveal(),
      ...(ownerUrl === undefined ? {} : { OWNER_URL: ownerUrl.reveal() }),
    };
    return new Audited(database, folder, environment, new CustodyKey('demonstration', keyEncryptionKey));
  }

  get config(): string {
    return join(this.folder, 'gatehouse.yaml');
  }

  get archives(): string {
    return join(this.folder, 'archives');
  }

  /** Chains that begin on different days, some over midnight; `days` back from today. @returns how many entries. */
  async fill(days: number): Promise<number> {
    const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const at = (daysAgo: number, share: number) => new Date(midnight - daysAgo * DAY_MS + share * DAY_MS);
    let count = 0;
    for (let begin = days; begin > 0; begin -= 1) {
      const times = [begin, begin - 1, begin - 2]
        .filter((day) => day >= 0)
        .flatMap((day) => [0, 0.1, 0.5, 0.99].map((share) => at(day, day === 0 ? 0 : share)));
      const entries = chainAt(this.key, times);
      await insertEntries(this.database.url, entries);
      count += entries.length;
    }
    return count;
  }

  async archive({ remove = false, directory = this.archives, before = '1d' } = {}): Promise<Ran> {
    return await this.#run((output) =>
      archive({ config: this.config, directory, before, remove }, this.environment, output),
    );
  }

  async verify(options: Partial<VerifyOptions> = {}, environment = this.environment): Promise<Ran> {
    const all = {
      config: this.config,
      archives: [],
      offline: false,
      heads: [],
      first: 1,
      last: 0,
      ...options,
    };
    return await this.#run((output) => verify(all, environment, output));
  }

  async admin<Row extends object>(text: string): Promise<readonly Row[]> {
    const client = new pg.Client({
      connectionString: this.database.adminUrl.reveal(),
      options: '-c search_path=token_vault',
    });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await this.database.close();
  }

  async #run(work: (output: Output) => Promise<number>): Promise<Ran> {
    const kept = new KeptText();
    const code = await work(new Output(kept));
    return { code, text: kept.text };
  }
}
