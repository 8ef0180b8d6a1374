import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCluster, type PostgresServer, startOnAFreePort } from '@gatehouse/testing/postgres-server';
import { inRepository } from '@gatehouse/testing/repository';
import type { World } from '@gatehouse/testing/world';
import pg from 'pg';

/** A Postgres on a machine of its own: nothing of it belongs to another test. */
export class NewPostgres {
  private constructor(
    private readonly folder: string,
    private readonly started: PostgresServer,
  ) {}

  static async start(): Promise<NewPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-new-postgres-'));
    // Postgres does not run as root; its own user has to get into the folder.
    await chmod(folder, 0o755);
    return new NewPostgres(folder, await startOnAFreePort(await makeCluster(join(folder, 'server'))));
  }

  /** Of the superuser. */
  get url(): string {
    return this.started.url;
  }

  /** `host:port` */
  get address(): string {
    return new URL(this.url).host;
  }

  /** Empty databases by the names of those, with the roles of infra/postgres/roles.sql and the passwords that services have. */
  async makeDatabases(databases: World['databases']): Promise<void> {
    const roles = await readFile(inRepository('infra/postgres/roles.sql'), 'utf8');
    for (const { url } of Object.values(databases)) {
      const { pathname, password } = new URL(url.reveal());
      await this.#ask('/postgres', `create database ${pathname.slice(1)}`);
      await this.#ask(pathname, roles.replaceAll(/:'\w+_password'/g, `'${password}'`));
    }
  }

  async close(): Promise<void> {
    await this.started.server.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** @throws when the server does not let that role in. */
  async answers(url: string, text = 'select 1'): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  }

  async #ask(database: string, text: string): Promise<void> {
    const url = new URL(this.url);
    url.pathname = database;
    await this.answers(url.href, text);
  }
}
