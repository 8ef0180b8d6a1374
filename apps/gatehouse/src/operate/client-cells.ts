import { shown } from './people.js';

interface ListedClient {
  readonly name: string | null;
  readonly clientId: string;
  readonly kind: string;
  readonly redirectUris: readonly string[];
  readonly usedAt: string;
  readonly sessions: number;
  readonly people: number;
}

export const CLIENT_HEADINGS = [
  'client',
  'id',
  'kind',
  'called back at',
  'last used (UTC)',
  'sessions',
  'people',
];

export const clientCells = (client: ListedClient): readonly string[] => [
  shown(client.name),
  // What has to be typed to remove it, whole: of a document it is a URL.
  client.clientId.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 200),
  client.kind,
  shown(client.redirectUris.join(' ')),
  client.usedAt,
  String(client.sessions),
  String(client.people),
];
