import { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import { Secret } from '@gatehouse/kernel/secret';
import type { Database, Queries } from '@gatehouse/persistence/database';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import { SealBroken, type Envelope } from '@gatehouse/sealing/envelope';
import type { OwnKey, OwnKeySetAside } from '../generated/client.js';

const SET_ASIDE = ['id', 'sealed'] as const;

/** The server's own keys. The first replica makes one; the others, and every restart, find it. */
export class KeyringStore {
  constructor(
    private readonly database: Database,
    private readonly envelope: Envelope,
    private readonly gatewayName: string,
    private readonly setAside: SetAsideRows,
  ) {}

  /**
   * A key that does not open never keeps the server down: it is set aside, and another one takes its place. When its
   * key-encryption key is back and it opens again, it is used again.
   * @param make is called only when there is no such key yet. One of several callers wins.
   */
  async findOrMake(name: string, make: () => Promise<Secret>): Promise<Secret> {
    const found = await this.#current(this.database, name);
    const opened = found && this.#opened(name, found);
    return opened ?? (await this.database.transaction((tx) => this.#replaced(tx, name, make)));
  }

  /** @returns `undefined` when there is none, or it does not open. */
  async find(queries: Queries, name: string): Promise<Secret | undefined> {
    const found = await this.#current(queries, name);
    return found && this.#opened(name, found);
  }

  async #replaced(tx: Queries, name: string, make: () => Promise<Secret>): Promise<Secret> {
    await tx.query({
      name: 'keyring-lock',
      text: `select pg_advisory_xact_lock(hashtextextended('keyring ' || $1::text, 0))`,
      values: [name],
    });
    // Another replica may have been faster.
    const found = await this.#current(tx, name);
    const opened = found && this.#opened(name, found);
    if (opened !== undefined) return opened;
    if (found !== undefined) {
      this.setAside.report('keyring', name);
      await this.#moveAside(tx, name);
    }
    return (await this.#takeBack(tx, name)) ?? (await this.#insert(tx, name, await make()));
  }

  async #current(queries: Queries, name: string): Promise<Buffer | undefined> {
    const { rows } = await queries.query<RowOf<OwnKey, 'sealed'>>({
      name: 'keyring-find',
      text: 'select sealed from keyring where name = $1',
      values: [name],
    });
    return rows[0]?.sealed;
  }

  async #insert(tx: Queries, name: string, key: Secret): Promise<Secret> {
    await tx.query({
      name: 'keyring-insert',
      text: 'insert into keyring (name, sealed) values ($1, $2)',
      values: [name, this.envelope.seal(key.reveal(), this.#owner(name))],
    });
    return key;
  }

  async #moveAside(tx: Queries, name: string): Promise<void> {
    await tx.query({
      name: 'keyring-move-aside',
      text: `with moved as (delete from keyring where name = $1 returning name, sealed, created_at)
             insert into keyring_set_aside (name, sealed, created_at) select name, sealed, created_at from moved`,
      values: [name],
    });
  }

  /** @returns the newest key that was set aside and opens. */
  async #takeBack(tx: Queries, name: string): Promise<Secret | undefined> {
    const { rows } = await tx.query<RowOf<OwnKeySetAside, (typeof SET_ASIDE)[number]>>({
      name: 'keyring-set-aside',
      text: `select ${columnsOf(SET_ASIDE)} from keyring_set_aside where name = $1 order by created_at desc`,
      values: [name],
    });
    for (const { id, sealed } of rows) {
      const opened = this.#opened(name, sealed);
      if (opened === undefined) continue;
      await tx.query({
        name: 'keyring-take-back',
        text: `with moved as (delete from keyring_set_aside where id = $1 returning name, sealed, created_at)
               insert into keyring (name, sealed, created_at) select name, sealed, created_at from moved`,
        values: [id],
      });
      return opened;
    }
    return undefined;
  }

  #opened(name: string, sealed: Buffer): Secret | undefined {
    try {
      return new Secret(this.envelope.open(sealed, this.#owner(name)));
    } catch (error) {
      if (error instanceof SealBroken) return undefined;
      throw error;
    }
  }

  readonly #owner = (name: string): readonly string[] => [
    this.gatewayName,
    'authorization-server',
    'keyring',
    name,
  ];
}
