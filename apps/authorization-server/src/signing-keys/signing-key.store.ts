import { Injectable } from '@nestjs/common';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { Database, type Queries, type Statement } from '@gatehouse/persistence/database';
import { endedBy, Expiry } from '@gatehouse/persistence/expiry';
import { columnsOf, type RowOf } from '@gatehouse/persistence/row-of';
import type { KeptSigningKey } from '../generated/client.js';

/** By then every replica has the next key, and uses it. */
const PRIVATE_PART_FOR_MS = 5 * MINUTE_MS;

const FIELDS = [
  'kid',
  'alg',
  'sealedPublic',
  'sealedPrivate',
] as const satisfies readonly (keyof KeptSigningKey)[];

/** How long a key is needed after it signed for the last time. */
export interface Waits {
  /** For tokens that are good. */
  readonly publishedMs: number;
  /** For identity tokens that a client brings back, good or not. */
  readonly keptMs: number;
}

/** Times count from now, by Postgres' clock. */
export interface SigningKeyRow extends RowOf<KeptSigningKey, (typeof FIELDS)[number]> {
  readonly signsInMs: number;
  readonly signsForMs: number | null;
  readonly publishedForMs: number | null;
  readonly isAsked: boolean;
  /** How long its tokens are waited for, as far as the database knows. */
  readonly waits: Waits;
}

interface NewSigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly sealedPublic: Buffer;
  readonly sealedPrivate: Buffer;
  /** Its name in the keyring of an earlier release, which has it as well. */
  readonly earlierName?: string | undefined;
}

/** Columns have milliseconds, and are rounded: what is to be over now must not be ahead. */
const NOW = `date_trunc('milliseconds', now())`;
const AFTER_MS = `date_trunc('milliseconds', now() + $6 * interval '1 ms')`;

const seconds = (durationMs: number): number => Math.ceil(durationMs / SECOND_MS);

/** What signs no more needs no private part, and nobody is to find one. An earlier release's copy goes with it. */
const PRIVATE_PARTS: Statement = {
  name: 'signing-keys-private-parts',
  text: `with ended as (
      update signing_keys set sealed_private = null
      where sealed_private is not null and signs_until < now() - ${PRIVATE_PART_FOR_MS} * interval '1 ms'
      returning earlier_name
    )
    delete from keyring where name in (select earlier_name from ended)`,
};

const EXPIRED: Statement = {
  name: 'signing-keys-sweep',
  text: `delete from signing_keys where signs_until + kept_for_seconds * interval '1 s' < now()`,
};

/** The keys that the server made, and their times. */
@Injectable()
export class SigningKeyStore {
  constructor(
    private readonly database: Database,
    expiry: Expiry,
  ) {
    expiry.add(endedBy(database, [PRIVATE_PARTS, EXPIRED]));
  }

  async all(queries: Queries = this.database): Promise<readonly SigningKeyRow[]> {
    const { rows } = await queries.query<SigningKeyRow>({
      name: 'signing-keys-all',
      text: `select ${columnsOf(FIELDS)}, ${milliseconds('signs_from - now()')} as "signsInMs",
          ${milliseconds('signs_until - now()')} as "signsForMs",
          ${milliseconds(`signs_until + published_for_seconds * interval '1 s' - now()`)} as "publishedForMs",
          rotation_asked_at is not null as "isAsked", json_build_object('publishedMs', published_for_seconds::int8 * 1000,
            'keptMs', kept_for_seconds::int8 * 1000) as waits
        from signing_keys order by created_at, kid`,
    });
    return rows;
  }

  /** Runs what changes the keys, one replica after the other. */
  async alone<Value>(work: (tx: Queries) => Promise<Value>): Promise<Value> {
    return await this.database.transaction(async (tx) => {
      await tx.query({
        name: 'signing-keys-lock',
        text: `select pg_advisory_xact_lock(hashtextextended('signing-keys', 0))`,
      });
      return await work(tx);
    });
  }

  /**
   * @param instead those that sign until then
   * @returns false when there is a key of that id already, which stays as it is.
   */
  async add(
    tx: Queries,
    { kid, alg, sealedPublic, sealedPrivate, earlierName }: NewSigningKey,
    {
      inMs,
      instead,
      waits,
    }: { readonly inMs: number; readonly instead: readonly string[]; readonly waits: Waits },
  ): Promise<boolean> {
    const { rowCount } = await tx.query({
      name: 'signing-key-add',
      text: `with ended as (
          update signing_keys set signs_until = ${AFTER_MS}, rotation_asked_at = null where kid = any($7)
        )
        insert into signing_keys (kid, alg, sealed_public, sealed_private, earlier_name, signs_from, published_for_seconds, kept_for_seconds)
        values ($1, $2, $3, $4, $5, ${AFTER_MS}, $8, $9) on conflict (kid) do nothing`,
      values: [
        kid,
        alg,
        sealedPublic,
        sealedPrivate,
        earlierName ?? null,
        inMs,
        instead,
        seconds(waits.publishedMs),
        seconds(waits.keptMs),
      ],
    });
    return rowCount === 1;
  }

  async signsNow(tx: Queries, kid: string): Promise<void> {
    await tx.query({
      name: 'signing-key-now',
      text: `update signing_keys set signs_from = ${NOW} where kid = $1 and signs_from > ${NOW}`,
      values: [kid],
    });
  }

  async end(tx: Queries, kids: readonly string[]): Promise<void> {
    await tx.query({
      name: 'signing-keys-end',
      text: `update signing_keys set signs_until = ${NOW} where kid = any($1) and signs_until is null`,
      values: [kids],
    });
  }

  /** Of keys that still sign: their tokens may live longer than those before. */
  async waitLonger({ publishedMs, keptMs }: Waits): Promise<void> {
    await this.database.query({
      name: 'signing-keys-wait',
      text: `update signing_keys set published_for_seconds = greatest(published_for_seconds, $1),
          kept_for_seconds = greatest(kept_for_seconds, $2)
        where (signs_until is null or signs_until > now()) and (published_for_seconds < $1 or kept_for_seconds < $2)`,
      values: [seconds(publishedMs), seconds(keptMs)],
    });
  }
}

const milliseconds = (interval: string): string => `(extract(epoch from ${interval}) * 1000)::float8`;
