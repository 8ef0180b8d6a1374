import { Secret } from '@gatehouse/kernel/secret';
import type { Database } from '@gatehouse/persistence/database';
import type { Envelope } from '@gatehouse/sealing/envelope';

/** The server's own keys. Whichever replica comes first makes one; all others, and every restart, find it. */
export class KeyringStore {
  constructor(
    private readonly database: Database,
    private readonly envelope: Envelope,
    private readonly gatewayName: string,
  ) {}

  /** @param make called only when there is no such key yet; of several callers one wins. */
  async findOrMake(name: string, make: () => Promise<Secret>): Promise<Secret> {
    const found = await this.#find(name);
    if (found !== undefined) return found;
    const sealed = this.envelope.seal((await make()).reveal(), this.#owner(name));
    await this.database.query({
      name: 'keyring-insert',
      text: 'insert into keyring (name, sealed) values ($1, $2) on conflict (name) do nothing',
      values: [name, sealed],
    });
    const kept = await this.#find(name);
    if (kept === undefined) throw new Error(`the key ${name} was not kept`);
    return kept;
  }

  async #find(name: string): Promise<Secret | undefined> {
    const { rows } = await this.database.query<{ sealed: Buffer }>({
      name: 'keyring-find',
      text: 'select sealed from keyring where name = $1',
      values: [name],
    });
    return rows[0] === undefined
      ? undefined
      : new Secret(this.envelope.open(rows[0].sealed, this.#owner(name)));
  }

  readonly #owner = (name: string): readonly string[] => [
    this.gatewayName,
    'authorization-server',
    'keyring',
    name,
  ];
}
