import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import type { Queries } from '@gatehouse/persistence/database';
import type { Environment } from '../configuration.js';
import type { Output } from '../output.js';
import { writtenSections } from '../written-secrets.js';
import { instant, minute, printList } from './listing.js';
import { shown } from './people.js';
import { publishedKeys, type PublishedKeys } from './published-keys.client.js';
import { reach, type Reached, type Which } from './reached.js';
import { byId, sealedByKey, type CountOfKey } from '../sealed-values.js';
import { inAuthorizationServer, inTokenVault } from './service-database.js';
import { signingKeyRows, type SigningKeyRow } from './signing-keys.js';

interface KeysOptions extends Which {
  readonly json: boolean;
}

/** One key, by its public facts. */
interface ListedKey {
  /** Whose it is. */
  readonly of: string;
  readonly use: 'signs tokens' | 'seals rows' | 'proves requests' | 'seals messages' | 'guards cookies';
  readonly id: string;
  readonly algorithm: string;
  readonly state: string;
  readonly since: Date | null;
  /** When it begins or ceases to be what it is, where that is known. */
  readonly until?: Date | null;
  /** Stored values that only this key opens; absent: it opens none. */
  readonly sealed?: number;
  /** Entries of the custody log that only this key verifies. */
  readonly entries?: number;
  /** Whether something cannot be opened. */
  readonly needsAction?: boolean;
}

/** Every key of an installation, by what may be known of it. No private part is read, and none is opened. */
export async function listKeys(
  options: KeysOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  await reach(options, environment, async (installation) => {
    const hasOwn = installation.model.authServer !== undefined;
    const published = hasOwn ? await publishedKeys(installation.model) : undefined;
    const keys = [
      ...(hasOwn
        ? await inAuthorizationServer(
            installation,
            async (own) => await ofServer(own, installation, published),
          )
        : []),
      ...(await inTokenVault(installation, async (vault) => await ofVault(vault, installation))),
    ];
    if (options.json) output.json({ keys: keys.map(plain), published: published?.ok ?? null });
    else print(output, keys, published);
  });
  return 0;
}

const plain = ({ since, until = null, sealed, entries, needsAction, ...key }: ListedKey) => ({
  ...key,
  since: instant(since),
  until: instant(until),
  sealed: sealed ?? null,
  custodyEntries: entries ?? null,
  missing: needsAction === true,
});

const counted = (number: number | undefined): string => (number === undefined ? '-' : String(number));

function print(output: Output, keys: readonly ListedKey[], published: PublishedKeys | undefined): void {
  printList(output, {
    headings: [
      'service',
      'use',
      'key',
      'algorithm',
      'state',
      'since (UTC)',
      'until (UTC)',
      'values',
      'log entries',
    ],
    rows: keys.map(
      ({ of, use, id, algorithm, state, since, until = null, sealed, entries, needsAction }) => ({
        cells: [
          ...[of, use, shown(id), algorithm, state, minute(since), minute(until)],
          ...[counted(sealed), counted(entries)],
        ],
        needsAction: needsAction === true,
      }),
    ),
    total: keys.length,
    none: 'There is no key.',
  });
  // What the server made is in its database.
  if (published?.ok === false && !keys.some(({ use, id }) => use === 'signs tokens' && id !== UNKNOWN_ID))
    output.line(
      `Ids of signing keys are published by the authorization server, which does not answer (${published.why}). Start it, then run the command again.`,
    );
}

async function ofServer(
  own: Queries,
  { configuration, model }: Reached,
  published: PublishedKeys | undefined,
): Promise<readonly ListedKey[]> {
  const { rows: kept } = await own.query<KeptKey>({
    name: 'keys-kept',
    text: `select name, created_at as "since" from keyring order by name`,
  });
  const isWritten = (model.authServer?.signingKeys.length ?? 0) > 0;
  const made = isWritten ? [] : await signingKeyRows(own);
  const { authServer } = writtenSections(configuration);
  const sealed = await sealedByKey(own, 'authorization-server');
  return [
    ...(made.length > 0 ? madeKeys(made) : signingKeys(model, kept, published)),
    ...kept.filter(({ name }) => name === 'cookie').map(cookieKey),
    ...sealingKeys('authorization-server', authServer?.keyEncryptionKeys ?? [], sealed),
  ];
}

interface KeptKey {
  readonly name: string;
  readonly since: Date;
}

/** Those that the server made, with their times. */
const madeKeys = (rows: readonly SigningKeyRow[]): readonly ListedKey[] =>
  rows.map(({ kid, alg, since, state, signsFrom, signsUntil, publishedUntil }) => ({
    of: 'authorization-server',
    use: 'signs tokens',
    id: kid,
    algorithm: alg,
    state: state === 'signs' && alg !== ACCESS_TOKENS ? 'signs identity tokens' : state,
    since,
    until: state === 'next' ? signsFrom : state === 'signs' ? signsUntil : publishedUntil,
  }));

/** Of a key that an earlier release made, while nothing publishes it. */
const UNKNOWN_ID = 'not published';

/** The algorithm of access tokens, where the server makes its keys. */
const ACCESS_TOKENS = 'ES256';

/** Those that an earlier release made, by the algorithm that each is for. This one takes them from there when it starts. */
const MADE: Readonly<Record<string, string>> = { signing: 'ES256', 'signing RS256': 'RS256' };

function signingKeys(
  { authServer }: GatehouseModel,
  kept: readonly KeptKey[],
  published: PublishedKeys | undefined,
): readonly ListedKey[] {
  const isConfigured = (authServer?.signingKeys.length ?? 0) > 0;
  const made = isConfigured ? [] : kept.filter(({ name }) => name in MADE);
  const common = { of: 'authorization-server', use: 'signs tokens' } as const;
  if (published?.ok === true)
    return published.keys.map(({ kid, alg }, index) => ({
      ...common,
      id: kid,
      algorithm: alg,
      // The first one signs, and the first of each algorithm the identity tokens of clients that want it; tokens of the others still verify.
      state:
        index === 0
          ? 'signs'
          : published.keys.findIndex((key) => key.alg === alg) === index
            ? 'signs identity tokens'
            : 'verifies',
      since: made.find(({ name }) => MADE[name] === alg)?.since ?? null,
    }));
  return made.map(({ name, since }) => ({
    ...common,
    id: UNKNOWN_ID,
    algorithm: MADE[name] ?? '',
    state: 'kept',
    since,
  }));
}

const cookieKey = ({ since }: KeptKey): ListedKey => ({
  of: 'authorization-server',
  use: 'guards cookies',
  id: 'cookie',
  algorithm: 'HKDF-SHA-256',
  state: 'current',
  since,
});

interface WrittenKey {
  readonly id: string;
}

/** The first of the list seals, all open. One that opens values and is not in the list is missing. */
function sealingKeys(
  of: string,
  written: readonly WrittenKey[],
  sealed: ReadonlyMap<string, number>,
  entries?: ReadonlyMap<string, number>,
): readonly ListedKey[] {
  const known = written.map(({ id }) => id);
  const used = new Set([...sealed.keys(), ...(entries?.keys() ?? [])]);
  const missing = [...used].filter((id) => !known.includes(id));
  return [...known, ...missing].map((id) => ({
    of,
    use: 'seals rows',
    id,
    algorithm: 'AES-256-GCM',
    state: missing.includes(id) ? 'missing' : id === known[0] ? 'seals' : 'opens',
    since: null,
    sealed: sealed.get(id) ?? 0,
    ...(entries === undefined ? {} : { entries: entries.get(id) ?? 0 }),
    needsAction: missing.includes(id),
  }));
}

async function ofVault(vault: Queries, { configuration }: Reached): Promise<readonly ListedKey[]> {
  const written = writtenSections(configuration).vault;
  const { rows: busKeys } = await vault.query<BusKeyRow>({
    name: 'keys-of-the-bus',
    text: `select kid, created_at as "since", set_aside_at is not null as "isSetAside", use_until > now() as "isCurrent"
      from bus_keys where open_until > now() order by use_until desc`,
  });
  const sealed = await sealedByKey(vault, 'token-vault');
  // The log's keys come from these (docs/custody-log.md).
  const log = await vault.query<CountOfKey>({
    name: 'log-entries-by-key',
    text: 'select key_id as id, count(*)::int as count from custody_log group by key_id',
  });
  return [
    ...sealingKeys('token-vault', written.keyEncryptionKeys, sealed, byId(log.rows)),
    ...written.requestKeys.map(({ id }, index): ListedKey => ({
      of: 'token-vault',
      use: 'proves requests',
      id,
      algorithm: 'HS256',
      state: index === 0 ? 'proves' : 'verifies',
      since: null,
    })),
    ...busKeys.map(busKey),
  ];
}

interface BusKeyRow {
  readonly kid: string;
  readonly since: Date;
  readonly isSetAside: boolean;
  readonly isCurrent: boolean;
}

const busKey = ({ kid, since, isSetAside, isCurrent }: BusKeyRow): ListedKey => ({
  of: 'token-vault',
  use: 'seals messages',
  id: kid,
  algorithm: 'ECDH-ES (X25519)',
  state: isSetAside ? 'set aside' : isCurrent ? 'current' : 'opens',
  since,
});
