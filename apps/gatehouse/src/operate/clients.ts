import { sha256 } from '@gatehouse/kernel/digest';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { FORGET_APPROVALS, FORGET_CLIENT, KNOWN_CLIENTS } from '@gatehouse/persistence/client-statements';
import type { Queries } from '@gatehouse/persistence/database';
import {
  knownClient,
  unusedClient,
  writtenClients,
  type KnownClient,
  type KnownClientRow,
} from '@gatehouse/persistence/known-client';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import type { Output } from '../output.js';
import { CLIENT_HEADINGS, clientCells } from './client-cells.js';
import { areTold, endAll, TOLD, UNTOLD } from './ending.js';
import { instant, minute, printList, type ListOptions } from './listing.js';
import { shown } from './people.js';
import { reach, type Which } from './reached.js';
import { inAuthorizationServer } from './service-database.js';

/** Clients that registered, that are configured, and that were used, the last used first. */
export async function listClients(
  options: ListOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const { limit, json } = options;
  await reach(options, environment, async (installation) => {
    const { clients: rows, total } = await inAuthorizationServer(
      installation,
      async (own) => await clientsOf(own, installation.model, { limit }),
    );
    if (json) output.json({ clients: rows.map(plain), total });
    else
      printList(output, {
        headings: CLIENT_HEADINGS,
        rows: rows.map((row) => ({
          cells: clientCells({
            ...row,
            kind: row.isSetAside ? 'set aside' : row.kind,
            usedAt: minute(row.usedAt),
          }),
          needsAction: row.isSetAside,
        })),
        total,
        none: 'No client is known.',
      });
  });
  return 0;
}

const plain = (row: KnownClient) => ({
  client: row.clientId,
  name: row.name,
  kind: row.kind,
  redirectUris: row.redirectUris,
  public: row.isPublic,
  setAside: row.isSetAside,
  registered: instant(row.registeredAt),
  lastUsed: instant(row.usedAt),
  sessions: row.sessions,
  people: row.people,
});

interface Wanted {
  readonly clientId?: string;
  readonly limit: number;
}

async function clientsOf(
  own: Queries,
  { authServer }: GatehouseModel,
  { clientId, limit }: Wanted,
): Promise<{ readonly clients: readonly KnownClient[]; readonly total: number }> {
  const { rows } = await own.query<KnownClientRow>({
    name: 'clients-known',
    text: `${KNOWN_CLIENTS} where $1::text is null or client_id = $1
      order by u.used_at desc nulls last, r.created_at desc nulls last, client_id limit $2`,
    values: [clientId ?? null, limit],
  });
  const written = new Map(writtenClients(authServer?.clientRegistration ?? NONE));
  const found = rows.map((row) => knownClient(row, written.get(row.clientId)));
  for (const row of rows) written.delete(row.clientId);
  const stored = rows[0]?.total ?? 0;
  // Where not every row was read, it is not known which of them were never used.
  const more = stored > rows.length ? [] : [...written.values()].map(unusedClient);
  const wanted = more.filter((one) => clientId === undefined || one.clientId === clientId);
  return { clients: [...found, ...wanted].slice(0, limit), total: stored + wanted.length };
}

const NONE = { clients: [], metadataDocuments: { documents: [] } };

interface RemoveOptions extends Which {
  readonly client: string;
  readonly json: boolean;
}

/** Forgets a client: its registration, what people approved of it, and its sessions. */
export async function removeClient(
  options: RemoveOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const { client, json } = options;
  await reach(options, environment, async (installation) => {
    await inAuthorizationServer(installation, async (own) => {
      const [known] = (await clientsOf(own, installation.model, { clientId: client, limit: 1 })).clients;
      if (known === undefined)
        throw new Cannot(`There is no client ${shown(client)}. See which there are: gatehouse clients`);
      if (known.kind === 'configured')
        throw new Cannot(
          `The client ${shown(client)} stands in the configuration. Take it out of authServer.clientRegistration.clients, restart the authorization server, then run the command again.`,
          'configuration',
        );
      await own.query({ name: 'client-forget', text: FORGET_CLIENT, values: [sha256(client)] });
      const ended = await endAll(own, await openSessionsOf(own, client));
      await own.query({ name: 'client-approvals-forget', text: FORGET_APPROVALS, values: [client] });
      const told = await areTold(own, ended, (text) => (json ? undefined : output.line(text)));
      if (json) output.json({ removed: client, sessionsEnded: ended.length, told });
      else report(output, known, ended.length, told);
    });
  });
  return 0;
}

async function openSessionsOf(own: Queries, clientId: string): Promise<readonly { readonly tsid: string }[]> {
  const { rows } = await own.query<{ readonly tsid: string }>({
    name: 'client-sessions',
    text: 'select tsid from sessions where client_id = $1 and closed_at is null',
    values: [clientId],
  });
  return rows;
}

function report(output: Output, { kind, name, clientId }: KnownClient, ended: number, told: boolean): void {
  output.line(`Removed ${shown(name ?? clientId)}, and ended ${ended} of its sessions.`);
  if (ended > 0) output.line(told ? TOLD : UNTOLD);
  output.line(
    kind === 'document'
      ? 'It is known by a document, and may come back. To refuse it: authServer.clientRegistration.metadataDocuments.allowedHosts'
      : 'It has to register anew before anybody signs in with it.',
  );
}
