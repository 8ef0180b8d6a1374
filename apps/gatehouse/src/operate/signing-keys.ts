import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Queries } from '@gatehouse/persistence/database';
import { Cannot } from '../cannot.js';
import type { Environment } from '../configuration.js';
import type { Output } from '../output.js';
import { isServed } from './ending.js';
import { instant, minute } from './listing.js';
import { shown } from './people.js';
import { reach, type Reached, type Which } from './reached.js';
import { inAuthorizationServer } from './service-database.js';

/** Replicas look at their keys every five seconds; a machine may be busy. */
const DONE_WITHIN_MS = 60 * SECOND_MS;
const LOOK_EVERY_MS = 250;

/** A key that the server made, by what may be known of it. */
export interface SigningKeyRow {
  readonly kid: string;
  readonly alg: string;
  readonly since: Date;
  readonly state: 'next' | 'signs' | 'verifies' | 'retired';
  readonly signsFrom: Date;
  readonly signsUntil: Date | null;
  readonly publishedUntil: Date | null;
}

const PUBLISHED_UNTIL = `signs_until + published_for_seconds * interval '1 second'`;

/** Those that sign first; those that are only kept for identity tokens that come back last. */
export async function signingKeyRows(own: Queries): Promise<readonly SigningKeyRow[]> {
  const { rows } = await own.query<SigningKeyRow>({
    name: 'signing-keys-listed',
    text: `select * from (
        select kid, alg, created_at as "since", signs_from as "signsFrom", signs_until as "signsUntil",
          ${PUBLISHED_UNTIL} as "publishedUntil",
          case when signs_from > now() then 'next' when signs_until is null or signs_until > now() then 'signs'
            when ${PUBLISHED_UNTIL} > now() then 'verifies' else 'retired' end as state
        from signing_keys
      ) keys order by array_position(array['signs', 'next', 'verifies', 'retired'], state), alg, "signsFrom" desc, kid`,
  });
  return rows;
}

interface RotateOptions extends Which {
  readonly algorithm?: string;
  readonly json: boolean;
}

/** Asks for the next keys. The server makes them, because the command has no key that seals. */
export async function rotateKeys(
  options: RotateOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  await reach(options, environment, async (installation) => {
    checkIsMade(installation);
    await inAuthorizationServer(installation, async (own) => {
      const before = await signingKeyRows(own);
      const algorithms = chosen(before, options.algorithm);
      await own.query({
        name: 'rotation-asked',
        text: `update signing_keys k set rotation_asked_at = now()
          where alg = any($1) and signs_from <= now() and signs_until is null
            and not exists (select from signing_keys n where n.alg = k.alg and n.signs_from > now())`,
        values: [algorithms],
      });
      const made = await waited(own, (rows) => algorithms.every((alg) => nextOf(rows, alg) !== undefined));
      const rows = await signingKeyRows(own);
      if (options.json) output.json({ rotated: algorithms.map((alg) => plain(rows, alg)), made });
      else {
        for (const alg of algorithms) output.line(made ? told(before, rows, alg) : `${alg}: asked for.`);
        if (!made) output.line(UNMADE);
      }
    });
  });
  return 0;
}

const UNMADE =
  'The authorization server does not run, or is late: it makes the next keys as soon as it can. See which there are: gatehouse keys';

function chosen(rows: readonly SigningKeyRow[], algorithm: string | undefined): readonly string[] {
  const algorithms = [...new Set(rows.filter(({ state }) => state === 'signs').map(({ alg }) => alg))].sort();
  if (algorithms.length === 0)
    throw new Cannot(
      'The authorization server has made no keys yet. Start it, then run the command again.',
      'tryAgain',
    );
  if (algorithm === undefined) return algorithms;
  if (!algorithms.includes(algorithm))
    throw new Cannot(`No key signs with ${algorithm} here. See which there are: gatehouse keys`);
  return [algorithm];
}

const nextOf = (rows: readonly SigningKeyRow[], alg: string): SigningKeyRow | undefined =>
  rows.find((row) => row.alg === alg && row.state === 'next');

const currentOf = (rows: readonly SigningKeyRow[], alg: string): SigningKeyRow | undefined =>
  rows.find((row) => row.alg === alg && row.state === 'signs');

function told(before: readonly SigningKeyRow[], rows: readonly SigningKeyRow[], alg: string): string {
  const [next, current] = [nextOf(rows, alg), currentOf(rows, alg)];
  const begun = nextOf(before, alg) === undefined ? 'is published now' : 'was published already';
  return `${alg}: ${shown(next?.kid ?? '')} ${begun}, and signs from ${minute(next?.signsFrom ?? null)}. ${shown(current?.kid ?? '')} signs until then, and is published until ${minute(current?.publishedUntil ?? null)} (UTC).`;
}

const plain = (rows: readonly SigningKeyRow[], alg: string) => {
  const [next, current] = [nextOf(rows, alg), currentOf(rows, alg)];
  return {
    algorithm: alg,
    next: next?.kid ?? null,
    signsFrom: instant(next?.signsFrom ?? null),
    current: current?.kid ?? null,
    publishedUntil: instant(current?.publishedUntil ?? null),
  };
};

interface WithdrawOptions extends Which {
  /** The beginning of its id. */
  readonly key: string;
  readonly json: boolean;
}

const BEGINNING = /^[A-Za-z0-9_-]{6,43}$/;

/** Ends a key at once. Each replica stops to use and to publish it at its next look, and a proxy hears of it within a minute. */
export async function withdrawKey(
  { key, json, ...which }: WithdrawOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  if (!BEGINNING.test(key))
    throw new Cannot(
      `${shown(key)} is no key: it is 6 to 43 letters, digits, - and _, as \`gatehouse keys\` shows it.`,
      'usage',
    );
  await reach(which, environment, async (installation) => {
    checkIsMade(installation);
    await inAuthorizationServer(installation, async (own) => {
      const { kid, alg } = await withId(own, key);
      await remove(own, kid);
      const replaced = await waited(own, (rows) => currentOf(rows, alg) !== undefined);
      const signs = currentOf(await signingKeyRows(own), alg)?.kid ?? null;
      if (json) output.json({ withdrawn: kid, algorithm: alg, signs });
      else {
        output.line(`Withdrawn: ${shown(kid)} (${alg}).`);
        output.line(
          replaced
            ? `${shown(signs ?? '')} signs. What the withdrawn key signed is refused within a minute, and clients get new tokens.`
            : UNMADE,
        );
      }
    });
  });
  return 0;
}

async function withId(own: Queries, beginning: string): Promise<SigningKeyRow> {
  const [one, another] = (await signingKeyRows(own)).filter(({ kid }) => kid.startsWith(beginning));
  if (one === undefined)
    throw new Cannot(
      `No key that the server made begins with ${beginning}. See which there are: gatehouse keys`,
    );
  if (another !== undefined)
    throw new Cannot(`Several keys begin with ${beginning}. Give more of it: gatehouse keys`);
  return one;
}

/** What the next key was to follow goes on; a copy in the keyring of an earlier release goes, too. */
async function remove(own: Queries, kid: string): Promise<void> {
  await own.query({
    name: 'signing-key-withdrawn',
    text: `with gone as (delete from signing_keys where kid = $1 returning alg, signs_from, earlier_name),
      goes_on as (
        update signing_keys k set signs_until = null from gone
        where gone.signs_from > now() and k.alg = gone.alg and k.kid <> $1 and k.signs_until > now()
      )
      delete from keyring where name in (select earlier_name from gone)`,
    values: [kid],
  });
}

/** Whether the server has done it. Without one that runs nobody waits. */
async function waited(own: Queries, isDone: (rows: readonly SigningKeyRow[]) => boolean): Promise<boolean> {
  const untilMs = Date.now() + ((await isServed(own)) ? DONE_WITHIN_MS : 0);
  while (!isDone(await signingKeyRows(own))) {
    if (Date.now() > untilMs) return false;
    await delay(LOOK_EVERY_MS);
  }
  return true;
}

/** Keys that somebody wrote are theirs to exchange. */
function checkIsMade({ model }: Reached): void {
  if ((model.authServer?.signingKeys.length ?? 0) > 0)
    throw new Cannot(
      'authServer.signingKeys are written in the configuration, wherever they are held, and Gatehouse exchanges the keys alone that it made itself. Put the new key behind the first one there; after an hour and ten minutes put it first.',
      'configuration',
    );
}
