import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CustodyKey } from '@gatehouse/persistence/custody-log/custody-key';
import { chainAt, insertEntries } from '@gatehouse/testing/custody-rows';
import { startTestDatabase, type DatabaseOwner, type TestDatabase } from '@gatehouse/testing/postgres';
import pg from 'pg';
import { DEMONSTRATION_CONFIGURATION } from './paths.js';
import { gatehouse, type Ran } from './terminal.fixture.js';

export const newKey = (): string => randomBytes(32).toString('base64url');

/** Of a vault that callers reach without signing in: there is no authorization server. */
export const ANONYMOUS = `name: demo
publicUrl: https://gatehouse.example.com
incomingAuth: { type: anonymous }
backends: [{ name: one, url: https://one.example.com/mcp }]
vault: { keyEncryptionKeys: [{ id: demonstration, env: TOKEN_VAULT_KEY_ENCRYPTION_KEY }] }
postgres: { tokenVault: { url: { env: TOKEN_VAULT_DATABASE_URL } } }
nats: { servers: [nats://127.0.0.1:4222], credentials: { env: NATS_CREDENTIALS } }
`;

export interface Databases {
  readonly 'authorization-server': TestDatabase;
  readonly 'token-vault': TestDatabase;
}

/** Both databases of an installation whose services do not run, a configuration for them, and its operator. */
export class StoredInstallation {
  readonly keys = {
    AUTHORIZATION_SERVER_KEY_ENCRYPTION_KEY: newKey(),
    TOKEN_VAULT_KEY_ENCRYPTION_KEY: newKey(),
  };

  private constructor(
    readonly databases: Databases,
    readonly folder: string,
  ) {}

  static async start(configure: (yaml: string) => string = (yaml) => yaml): Promise<StoredInstallation> {
    const [own, vault] = await Promise.all([
      startTestDatabase('authorization-server'),
      startTestDatabase('token-vault'),
    ]);
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-stored-'));
    // Postgres does not run as root; its own user has to get into the folder.
    await chmod(folder, 0o711);
    const stored = new StoredInstallation({ 'authorization-server': own, 'token-vault': vault }, folder);
    await stored.write('gatehouse.yaml', configure(await readFile(DEMONSTRATION_CONFIGURATION, 'utf8')));
    return stored;
  }

  get config(): string {
    return this.path('gatehouse.yaml');
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      ...this.keys,
      AUTHORIZATION_SERVER_DATABASE_URL: this.databases['authorization-server'].url.reveal(),
      TOKEN_VAULT_DATABASE_URL: this.databases['token-vault'].url.reveal(),
    };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The configuration, as it is written. */
  async text(): Promise<string> {
    return await readFile(this.config, 'utf8');
  }

  /** @returns the file's path */
  async write(name: string, text: string): Promise<string> {
    await writeFile(this.path(name), text);
    return this.path(name);
  }

  async run(
    args: readonly string[],
    changed: Readonly<Record<string, string>> = {},
    config = this.config,
  ): Promise<Ran> {
    return await gatehouse([...args, '--config', config], { ...this.environment, ...changed });
  }

  /** A busy machine may be too late for a time limit; then a command says that it may work later (exit code 75). */
  async patiently(...typed: Parameters<StoredInstallation['run']>): Promise<Ran> {
    let ran = await this.run(...typed);
    for (let attempt = 0; ran.code === 75 && attempt < 20; attempt += 1) ran = await this.run(...typed);
    return ran;
  }

  /** A connection of a service's own role, or of whoever says to be that service. */
  async connected(service: DatabaseOwner, applicationName = 'test'): Promise<pg.Client> {
    const { url, schema } = this.databases[service];
    const client = new pg.Client({
      connectionString: url.reveal(),
      options: `-c search_path=${schema}`,
      application_name: applicationName,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async query<Row extends object>(
    service: DatabaseOwner,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const client = await this.connected(service);
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** @returns the account of a person of the primary provider */
  async person({ name, email, subject = randomUUID() }: NewPerson = {}): Promise<string> {
    const id = randomUUID();
    await this.query('authorization-server', 'insert into accounts (id, name, email) values ($1, $2, $3)', [
      id,
      name ?? null,
      email ?? null,
    ]);
    await this.query(
      'authorization-server',
      `insert into identities (provider, subject, account_id) values ('acme-sso', $1, $2)`,
      [subject, id],
    );
    return id;
  }

  /** @returns an open session */
  async session(accountId: string, { tsid = randomUUID(), clientId = 'c', clientName = 'client' } = {}) {
    await this.query(
      'authorization-server',
      `insert into sessions (tsid, account_id, client_id, client_name, expires_at) values ($1, $2, $3, $4, now() + interval '1 day')`,
      [tsid, accountId, clientId, clientName],
    );
    return tsid;
  }

  /** @returns a live connection, which the session has, if there is one */
  async connection(accountId: string, changed: NewConnection = {}): Promise<string> {
    const { id = randomUUID(), provider = 'octo', subject = 'octo-somebody', tsid } = changed;
    await this.query(
      'token-vault',
      `insert into connections (id, account_id, provider, subject, name, email, scopes, lacking_scopes, state, tokens, access_obtained_at,
         attempt_id, set_aside_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '\\x00', now(), $10, case when $11::boolean then now() end)`,
      [
        id,
        accountId,
        provider,
        subject,
        changed.name ?? null,
        changed.email ?? null,
        changed.scopes ?? ['repo'],
        changed.lackingScopes ?? [],
        changed.state ?? 'live',
        randomUUID(),
        changed.isSetAside ?? false,
      ],
    );
    if (tsid !== undefined) {
      await this.query(
        'token-vault',
        'insert into sessions (tsid, account_id, opened_at) values ($1, $2, now())',
        [tsid, accountId],
      );
      await this.query(
        'token-vault',
        'insert into session_connections (tsid, connection_id) values ($1, $2)',
        [tsid, id],
      );
    }
    return id;
  }

  /** Entries of the custody log, each under the key of this installation. */
  async custody(count: number): Promise<void> {
    const key = new CustodyKey('demonstration', this.keys.TOKEN_VAULT_KEY_ENCRYPTION_KEY);
    const times = Array.from({ length: count }, (_, index) => new Date(Date.now() - 1_000 * (count - index)));
    await insertEntries(this.databases['token-vault'].url, chainAt(key, times));
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await Promise.all(Object.values(this.databases).map((database: TestDatabase) => database.close()));
  }
}

interface NewPerson {
  readonly name?: string;
  readonly email?: string;
  readonly subject?: string;
}

interface NewConnection {
  readonly id?: string;
  readonly provider?: string;
  readonly subject?: string;
  readonly name?: string;
  readonly email?: string;
  readonly scopes?: readonly string[];
  readonly lackingScopes?: readonly string[];
  readonly state?: string;
  readonly isSetAside?: boolean;
  readonly tsid?: string;
}
