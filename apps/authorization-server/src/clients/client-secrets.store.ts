import { sha256 } from '@gatehouse/kernel/digest';
import type { SetAsideRows } from '@gatehouse/observability/set-aside-rows';
import type { Database } from '@gatehouse/persistence/database';
import { SealBroken, type Envelope } from '@gatehouse/sealing/envelope';

export interface SealedSecret {
  readonly clientId: string;
  readonly sealed: string;
  /** It did not open before. */
  readonly isSetAside: boolean;
}

/** Secrets of registered clients, each sealed for its client. */
export class ClientSecrets {
  constructor(
    private readonly database: Database,
    private readonly envelope: Envelope,
    private readonly gatewayName: string,
    private readonly setAside: SetAsideRows,
  ) {}

  seal(clientId: string, secret: string): string {
    return this.envelope.seal(secret, this.#owner(clientId)).toString('base64url');
  }

  /**
   * @returns `undefined` when it does not open. The client is then marked, and stays unknown until its key is back. Clients
   * that are told that they are unknown register again.
   */
  async open({ clientId, sealed, isSetAside }: SealedSecret): Promise<string | undefined> {
    const secret = this.#opened(clientId, sealed);
    if ((secret === undefined) !== isSetAside) await this.#mark(clientId, secret === undefined);
    return secret;
  }

  #opened(clientId: string, sealed: string): string | undefined {
    try {
      return this.envelope.open(Buffer.from(sealed, 'base64url'), this.#owner(clientId));
    } catch (error) {
      if (error instanceof SealBroken) return undefined;
      throw error;
    }
  }

  async #mark(clientId: string, isSetAside: boolean): Promise<void> {
    const id = sha256(clientId);
    const { rowCount } = await this.database.query({
      name: 'client-set-aside',
      text: `update oidc_records set set_aside_at = case when $2 then now() end
             where model = 'Client' and id = $1 and (set_aside_at is null) = $2`,
      values: [id, isSetAside],
    });
    if (isSetAside && rowCount === 1) this.setAside.report('client_secret', id);
  }

  readonly #owner = (clientId: string): readonly string[] => [
    this.gatewayName,
    'client-secret',
    sha256(clientId),
  ];
}
