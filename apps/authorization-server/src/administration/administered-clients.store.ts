import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { sha256 } from '@gatehouse/kernel/digest';
import { FORGET_CLIENT, KNOWN_CLIENTS } from '@gatehouse/persistence/client-statements';
import { Database } from '@gatehouse/persistence/database';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { z } from 'zod';
import type { client } from './shapes.js';

type Client = z.input<typeof client>;

interface ClientRow {
  readonly clientId: string;
  readonly name: string | null;
  readonly redirectUris: readonly string[] | null;
  readonly registeredAt: Date | null;
  readonly usedAt: Date | null;
  readonly sessions: number;
  readonly people: number;
  readonly isRegistered: boolean;
}

const plain = (row: ClientRow): Client => ({
  client: row.clientId,
  name: row.name,
  kind: row.isRegistered ? 'registered' : URL.canParse(row.clientId) ? 'document' : 'gone',
  redirectUris: [...(row.redirectUris ?? [])],
  registeredAt: row.registeredAt?.toISOString() ?? null,
  usedAt: row.usedAt?.toISOString() ?? null,
  sessions: row.sessions,
  people: row.people,
});

/** As the database orders them: by their bytes. */
const inOrder = (one: Client, other: Client): number =>
  Buffer.compare(Buffer.from(one.client), Buffer.from(other.client));

/** Clients, as an administrator sees and ends them. */
@Injectable()
export class AdministeredClients {
  readonly #written: ReadonlyMap<string, Client>;

  constructor(
    private readonly database: Database,
    @Inject(CONFIG) { clientRegistration }: Pick<AuthorizationServerPart, 'clientRegistration'>,
  ) {
    const { clients, metadataDocuments } = clientRegistration;
    this.#written = new Map(
      [
        ...metadataDocuments.documents.map((one) => ({ ...one, kind: 'document' as const })),
        ...clients.map((one) => ({ ...one, kind: 'configured' as const })),
      ].map(({ clientId, clientName, kind, redirectUris }) => [
        clientId,
        {
          client: clientId,
          name: clientName,
          kind,
          redirectUris: [...redirectUris],
          registeredAt: null,
          usedAt: null,
          sessions: 0,
          people: 0,
        },
      ]),
    );
  }

  isConfigured(clientId: string): boolean {
    return this.#written.get(clientId)?.kind === 'configured';
  }

  /** One more than `limit`, if there is one. */
  async list(limit: number, after: string | undefined): Promise<readonly Client[]> {
    const { rows } = await this.database.query<ClientRow>({
      name: 'administration-clients',
      text: `select * from (${KNOWN_CLIENTS} where client_id <> '') known
        where $2::text is null or "clientId" collate "C" > $2 order by "clientId" collate "C" limit $1`,
      values: [limit + 1, after ?? null],
    });
    const found = new Map(rows.map((row) => [row.clientId, this.#known(row)]));
    // Whoever stands in the configuration may have been used by nobody yet.
    for (const [id, unused] of this.#written)
      if (after === undefined || Buffer.compare(Buffer.from(id), Buffer.from(after)) > 0)
        found.set(id, found.get(id) ?? unused);
    return [...found.values()].sort(inOrder).slice(0, limit + 1);
  }

  async find(clientId: string): Promise<Client | undefined> {
    const { rows } = await this.database.query<ClientRow>({
      name: 'administration-client',
      text: `${KNOWN_CLIENTS} where client_id = $1`,
      values: [clientId],
    });
    return rows.map((row) => this.#known(row))[0] ?? this.#written.get(clientId);
  }

  async forget(clientId: string): Promise<void> {
    await this.database.query({
      name: 'administration-client-forget',
      text: FORGET_CLIENT,
      values: [clientId, sha256(clientId)],
    });
  }

  /** What the configuration says of a client holds, and not what is stored of it. */
  #known(row: ClientRow): Client {
    const written = this.#written.get(row.clientId);
    const stored = plain(row);
    return written === undefined
      ? stored
      : { ...stored, name: written.name, kind: written.kind, redirectUris: written.redirectUris };
  }
}
