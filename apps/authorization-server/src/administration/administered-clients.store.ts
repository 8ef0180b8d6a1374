import { Inject, Injectable } from '@nestjs/common';
import { writtenLimits, type ClientLimits } from '@gatehouse/config/model/client-limits';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { sha256 } from '@gatehouse/kernel/digest';
import { FORGET_CLIENT, KNOWN_CLIENTS } from '@gatehouse/persistence/client-statements';
import { Database, type Queries } from '@gatehouse/persistence/database';
import {
  knownClient,
  unusedClient,
  writtenClients,
  type KnownClient,
  type KnownClientRow,
} from '@gatehouse/persistence/known-client';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { z } from 'zod';
import type { client } from './shapes.js';

type Client = z.input<typeof client>;

const plain = (known: KnownClient): Client => ({
  client: known.clientId,
  name: known.name,
  kind: known.kind,
  redirectUris: [...known.redirectUris],
  registeredAt: known.registeredAt?.toISOString() ?? null,
  usedAt: known.usedAt?.toISOString() ?? null,
  sessions: known.sessions,
  people: known.people,
});

/** As the database orders them: by their bytes. */
const inOrder = (one: Client, other: Client): number =>
  Buffer.compare(Buffer.from(one.client), Buffer.from(other.client));

/** Clients, as an administrator sees and ends them. */
@Injectable()
export class AdministeredClients {
  readonly #written: ReturnType<typeof writtenClients>;

  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'clientRegistration'>,
  ) {
    this.#written = writtenClients(config.clientRegistration);
  }

  isConfigured(clientId: string): boolean {
    return this.#written.get(clientId)?.kind === 'configured';
  }

  /** Of a client of the configuration. */
  limitsIn(clientId: string): ClientLimits | undefined {
    return writtenLimits(clientId, this.config);
  }

  /** Whether it can come by a document that nobody has seen yet. */
  mayComeByDocument(clientId: string): boolean {
    const url = URL.parse(clientId);
    return (
      this.config.clientRegistration.metadataDocuments.enabled !== false &&
      url?.protocol === 'https:' &&
      url.href === clientId
    );
  }

  /** One more than `limit`, if there is one. */
  async list(limit: number, after: string | undefined): Promise<readonly Client[]> {
    const { rows } = await this.database.query<KnownClientRow>({
      name: 'administration-clients',
      text: `select * from (${KNOWN_CLIENTS} where client_id <> '') known
        where $2::text is null or "clientId" collate "C" > $2 order by "clientId" collate "C" limit $1`,
      values: [limit + 1, after ?? null],
    });
    const found = new Map(rows.map((row) => [row.clientId, this.#known(row)]));
    // Whoever stands in the configuration may have been used by nobody yet.
    for (const [id, written] of this.#written)
      if (after === undefined || Buffer.compare(Buffer.from(id), Buffer.from(after)) > 0)
        found.set(id, found.get(id) ?? plain(unusedClient(written)));
    return [...found.values()].sort(inOrder).slice(0, limit + 1);
  }

  async find(clientId: string): Promise<Client | undefined> {
    const { rows } = await this.database.query<KnownClientRow>({
      name: 'administration-client',
      text: `${KNOWN_CLIENTS} where client_id = $1`,
      values: [clientId],
    });
    const written = this.#written.get(clientId);
    return rows.map((row) => this.#known(row))[0] ?? (written && plain(unusedClient(written)));
  }

  /** What is kept of the client itself. */
  async forget(tx: Queries, clientId: string): Promise<void> {
    await tx.query({
      name: 'administration-client-forget',
      text: FORGET_CLIENT,
      values: [sha256(clientId)],
    });
  }

  #known(row: KnownClientRow): Client {
    return plain(knownClient(row, this.#written.get(row.clientId)));
  }
}
