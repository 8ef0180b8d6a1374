import { equalsInConstantTime, sha256 } from '@gatehouse/kernel/digest';
import { NOBODY, type CustodyEntry } from '@gatehouse/persistence/custody-log/custody-entry';
import type { CustodyKeyring } from '@gatehouse/persistence/custody-log/custody-key';
import { auditAccess } from '../audit/audit-access.js';
import { CustodyDatabase } from '../audit/custody-database.js';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import type { CallLine } from './call-lines.js';
import {
  entriesAt,
  entryKey,
  entryPlace,
  exchangesFor,
  type EntryPlace,
  type KeptExchange,
} from './custody-rows.js';
import type { Fact } from './facts.js';

type FactsOf = (line: CallLine) => readonly Fact[];

/**
 * What the custody log says about the releases that calls were made with. Calls whose backend got no credential of the vault have
 * none, and the database is not asked where no call has one.
 */
export async function custodyFacts(
  config: string,
  lines: readonly CallLine[],
  environment: Environment,
): Promise<FactsOf> {
  const places = lines.flatMap((line) => entryPlace(line['release']) ?? []);
  if (places.length === 0) return () => [];
  try {
    const { keys, databaseUrl } = auditAccess(config, environment);
    return await CustodyDatabase.use(databaseUrl(), async (database) => {
      const entries = await entriesAt(database, places);
      return factsFrom(entries, await exchangesFor(database, entries), keys);
    });
  } catch (error) {
    // The rest of the explanation needs no database.
    if (!(error instanceof Cannot)) throw error;
    const { message } = error;
    return (line) => ofPlace(line, (place) => [custody(place, `not looked up. ${message}`)]);
  }
}

const ofPlace = (line: CallLine, facts: (place: EntryPlace) => readonly Fact[]): readonly Fact[] => {
  const place = entryPlace(line['release']);
  return place === undefined ? [] : facts(place);
};

const custody = ({ sequence, replicaId }: EntryPlace, rest: string): Fact => ({
  about: 'custody',
  is: `entry ${sequence} of chain ${replicaId}: ${rest}`,
});

function factsFrom(
  entries: readonly CustodyEntry[],
  exchanges: readonly KeptExchange[],
  keys: CustodyKeyring,
): FactsOf {
  const byKey = new Map(entries.map((entry) => [entryKey(entry), entry]));
  return (line) =>
    ofPlace(line, (place) => {
      const entry = byKey.get(entryKey(place));
      if (entry === undefined)
        return [
          custody(place, 'not in the database. Its day is archived, or this is another installation’s log.'),
        ];
      const state = stateOf(entry, keys);
      // What it says is worth nothing then, also of whose call it is.
      if (state === ALTERED) return [custody(place, state)];
      // Whoever writes a log could name anybody’s entry.
      if (!isOf(entry, line)) return [custody(place, 'of another call. The line is not what was written.')];
      return [
        { about: 'release', is: `${releaseOf(entry)}, at ${entry.at.toISOString()}` },
        custody(place, state),
        ...(entry.kind === 'exchange' ? [exchangeOf(entry, exchanges)] : []),
      ];
    });
}

/** The session stands in a line as its digest (docs/telemetry.md). A client that came for itself has none. */
const isOf = ({ tsid, backend, connectionId }: CustodyEntry, line: CallLine): boolean =>
  line['session'] === (tsid === NOBODY ? undefined : sha256(tsid)) &&
  line['backend'] === backend &&
  (line['connection'] ?? connectionId) === connectionId;

function releaseOf({ kind, provider }: CustodyEntry): string {
  if (kind !== 'exchange') return `what ${provider ?? 'nobody'} gave the person`;
  return provider === null
    ? 'a token that was issued, without a provider’s'
    : `a token that was issued for the person’s of ${provider}`;
}

const ALTERED = 'ALTERED. Its MAC is another one. See gatehouse audit verify.';

/** A single entry shows whether it was changed; whether one is missing is what `gatehouse audit verify` finds. */
function stateOf(entry: CustodyEntry, keys: CustodyKeyring): string {
  const key = keys.find(entry.keyId);
  if (key === undefined) return `not verified. Its key ${entry.keyId} is not in vault.keyEncryptionKeys.`;
  return equalsInConstantTime(key.hash(entry), entry.hash) ? 'as it was written.' : ALTERED;
}

/** Which token it was. Where tools have scopes of their own, there may be several of then. */
function exchangeOf(entry: CustodyEntry, exchanges: readonly KeptExchange[]): Fact {
  const kept = exchanges.filter(
    ({ backend, accountId, tsid, connectionId }) =>
      backend === entry.backend &&
      (accountId === entry.accountId || (tsid === null && connectionId === null)) &&
      (tsid ?? entry.tsid) === entry.tsid &&
      (connectionId ?? entry.connectionId) === entry.connectionId,
  );
  const then = kept.filter(({ obtainedAt }) => obtainedAt <= entry.at);
  const said = then.map(
    ({ version, obtainedAt, expiresAt }) =>
      `version ${version}, issued ${obtainedAt.toISOString()}, good until ${expiresAt.toISOString()}`,
  );
  const is =
    said.length === 0
      ? `its token is not kept any more${kept.length === 0 ? '' : ': another one was issued since'}`
      : `${said.length === 1 ? '' : `one of ${said.length}: `}${said.join('; ')}`;
  return { about: 'exchange', is };
}
