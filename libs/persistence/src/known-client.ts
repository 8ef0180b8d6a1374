/** A client as the authorization server knows it: by what is stored of it, and by what the configuration says of it. */
export interface KnownClient {
  readonly clientId: string;
  readonly name: string | null;
  /** `gone`: it is known by its sessions and approvals alone. */
  readonly kind: 'registered' | 'configured' | 'document' | 'gone';
  readonly redirectUris: readonly string[];
  readonly isPublic: boolean | null;
  readonly registeredAt: Date | null;
  readonly usedAt: Date | null;
  readonly sessions: number;
  readonly people: number;
  /** Its secret does not open: the client is unknown until its key is back. */
  readonly isSetAside: boolean;
}

/** A row of `KNOWN_CLIENTS`. */
export interface KnownClientRow extends Omit<KnownClient, 'kind' | 'redirectUris'> {
  readonly redirectUris: readonly string[] | null;
  readonly isRegistered: boolean;
  readonly total: number;
}

interface ConfiguredClient {
  readonly clientId: string;
  readonly clientName: string;
  readonly redirectUris: readonly string[];
}

interface WrittenClient extends ConfiguredClient {
  readonly kind: 'configured' | 'document';
}

/** `authServer.clientRegistration`, of which it needs no more than this. */
interface Registration {
  readonly clients: readonly ConfiguredClient[];
  readonly metadataDocuments: { readonly documents: readonly ConfiguredClient[] };
}

/** Clients that stand in the configuration, by their ids. */
export const writtenClients = ({
  clients,
  metadataDocuments: { documents },
}: Registration): ReadonlyMap<string, WrittenClient> =>
  new Map(
    [
      ...clients.map((one) => ({ ...one, kind: 'configured' as const })),
      ...documents.map((one) => ({ ...one, kind: 'document' as const })),
    ].map((one) => [one.clientId, one]),
  );

/** @param written what the configuration says of this client: it holds, and not what is stored */
export function knownClient(
  { isRegistered, ...row }: KnownClientRow,
  written: WrittenClient | undefined,
): KnownClient {
  if (written !== undefined) {
    const { clientName: name, kind, redirectUris } = written;
    return { ...row, name, kind, redirectUris };
  }
  const kind = isRegistered ? 'registered' : URL.canParse(row.clientId) ? 'document' : 'gone';
  return { ...row, kind, redirectUris: row.redirectUris ?? [] };
}

/** A client of the configuration that nobody has used yet. */
export const unusedClient = ({ clientId, clientName, kind, redirectUris }: WrittenClient): KnownClient => ({
  clientId,
  name: clientName,
  kind,
  redirectUris,
  isPublic: null,
  registeredAt: null,
  usedAt: null,
  sessions: 0,
  people: 0,
  isSetAside: false,
});
