import { OAuthClient } from '@gatehouse/testing/oauth-client';
import type { World } from '@gatehouse/testing/world';
import pg from 'pg';
import { round } from '../figures.js';
import { atOnce, type Asked } from './asks.js';
import { inAskedWorld } from './asked-world.js';
import type { CredentialAsker } from './credential-asker.js';
import type { Extent, Part, Row, Tables } from './figures-of-scale.js';
import { renew, signInOne, type Person } from './people.js';
import { Spending, type Spent } from './spending.js';

/** Sign-ins, renewals by clients, and renewals at a provider: how many a second, and whose processor time they are. */
const SIGN_INS_AT_ONCE = [1, 4, 16];
const RENEWALS_AT_ONCE = [1, 16];

export const signIns: Part = {
  name: 'sign-ins',
  async measure(extent) {
    return await inAskedWorld({}, async (world, asker) => await measured(world, asker, extent));
  },
};

async function measured(world: World, asker: CredentialAsker, { of }: Extent): Promise<Tables> {
  const client = await OAuthClient.register(world.mcpUrl);
  const spending = new Spending(world);
  const people: Person[] = [];
  const come = async (): Promise<undefined> => {
    people.push(await signInOne(client, `person-${people.length}-${Math.random().toString(36).slice(2, 8)}`));
  };
  await atOnce(2, of(3_000, 500), come);
  const signInRows: Row[] = [];
  for (const count of of(SIGN_INS_AT_ONCE, [1, 2]))
    signInRows.push(await row(count, spending, async () => await atOnce(count, of(8_000, 800), come)));
  const renewalRows: Row[] = [];
  const renewalsAtOnce = of(RENEWALS_AT_ONCE, [1, 2]);
  for (const count of renewalsAtOnce)
    renewalRows.push(
      await row(
        count,
        spending,
        async () => await each(people, count, of(6_000, 600), async (person) => await renew(client, person)),
      ),
    );
  const providerRows: Row[] = [];
  for (const count of renewalsAtOnce)
    providerRows.push(
      await row(count, spending, async () => {
        await expire(world);
        return await once(people.slice(0, of(300, 10)), count, async (person) => await asker.ask(person));
      }),
    );
  return {
    'sign-ins through two providers': signInRows,
    'renewals by clients': renewalRows,
    'renewals at a provider': providerRows,
  };
}

async function row(count: number, spending: Spending, run: () => Promise<Asked>): Promise<Row> {
  spending.begin();
  const asked = await run();
  const spent = spending.end();
  const ms = (name: keyof Spent): number => round(spent[name] / 1_000 / asked.count, 2);
  return {
    'at once': count,
    'per second': asked.perSecond,
    'p50 ms': asked.at(0.5),
    'p99 ms': asked.at(0.99),
    failed: asked.failed,
    'server ms': ms('authorization servers'),
    'vault ms': ms('vaults'),
    'Postgres ms': ms('Postgres'),
    'NATS ms': ms('NATS'),
    'providers ms': ms('providers and backends'),
    'load ms': ms('load'),
    said: asked.said,
  };
}

/** Each person has one request at a time: what renews is used once. */
async function each(
  people: readonly Person[],
  count: number,
  durationMs: number,
  ask: (person: Person) => Promise<string | undefined>,
): Promise<Asked> {
  const free = [...people];
  return await atOnce(Math.min(count, free.length), durationMs, async () => {
    const person = free.shift();
    if (person === undefined) throw new Error('there are too few people');
    const wrong = await ask(person);
    free.push(person);
    return wrong;
  });
}

/** Each person once. */
async function once(
  people: readonly Person[],
  count: number,
  ask: (person: Person) => Promise<string | undefined>,
): Promise<Asked> {
  const left = people[Symbol.iterator]();
  let next = left.next();
  return await atOnce(
    count,
    () => next.done !== true,
    async () => {
      const { value } = next;
      next = left.next();
      return value === undefined ? undefined : await ask(value);
    },
  );
}

/** As far as the vault knows, every access token of the provider has ended. */
async function expire({ databases }: World): Promise<void> {
  const { adminUrl, schema } = databases['token-vault'];
  const client = new pg.Client({ connectionString: adminUrl.reveal() });
  await client.connect();
  try {
    await client.query(
      `update ${schema}.connections set access_expires_at = now() - interval '1 second' where provider = 'octo'`,
    );
  } finally {
    await client.end();
  }
}
