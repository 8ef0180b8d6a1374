import { OAuthClient } from '@gatehouse/testing/oauth-client';
import type { World } from '@gatehouse/testing/world';
import pg from 'pg';
import { round } from '../figures.js';
import { rssMiB } from '../processes.js';
import { storeConnections } from '../stored-connections.js';
import { atOnce, type Asked } from './asks.js';
import { inAskedWorld } from './asked-world.js';
import type { CredentialAsker } from './credential-asker.js';
import type { Extent, Part, Row } from './figures-of-scale.js';
import { renew, signInMany, type Person } from './people.js';
import { turns } from './turns.js';

/**
 * People who have signed in, each with a connection at two providers: how long a credential and a renewal take when so many are
 * stored, and what they take in tables, indexes and memory.
 */
const PEOPLE = [1, 1_000, 10_000, 100_000];
const SMALL_PEOPLE = [1, 100, 500];
const PROVIDERS = 2;
/** Who ask; everybody else is stored. */
const ASKING = 20;
const TOGETHER = 16;

export const connections: Part = {
  name: 'connections',
  async measure(extent) {
    return await inAskedWorld({}, async (world, asker) => ({
      'people and their connections': await measured(world, asker, extent),
      'custody log': [await releases(world)],
    }));
  },
};

async function measured(world: World, asker: CredentialAsker, { of }: Extent): Promise<readonly Row[]> {
  const client = await OAuthClient.register(world.mcpUrl);
  const people = await signInMany(client, of(ASKING, 4));
  const rows: Row[] = [];
  let stored = 0;
  for (const wanted of of(PEOPLE, SMALL_PEOPLE)) {
    await storeConnections(world, Math.max(0, wanted - stored) * PROVIDERS);
    stored = Math.max(stored, wanted);
    const next = turns(people);
    const ask = async (): Promise<undefined> => await asker.ask(next());
    await atOnce(TOGETHER, of(1_500, 200), ask);
    const alone = await atOnce(1, of(4_000, 300), ask);
    const together = await atOnce(TOGETHER, of(4_000, 300), ask);
    const renewals = await renewed(client, people, of(3_000, 300));
    rows.push({ people: wanted, ...times({ alone, together, renewals }), ...(await sizes(world)) });
  }
  return rows;
}

/** Nobody twice at once: a refresh token is used once. */
async function renewed(client: OAuthClient, people: readonly Person[], durationMs: number): Promise<Asked> {
  const next = turns(people);
  return await atOnce(1, durationMs, async () => await renew(client, next()));
}

function times(asked: Readonly<Record<'alone' | 'together' | 'renewals', Asked>>): Row {
  const failed = Object.values(asked).find(({ failed: count }) => count > 0);
  if (failed !== undefined) throw new Error(`not everybody was answered: ${failed.said}`);
  return {
    'credential p50 ms': asked.alone.at(0.5),
    'p99 ms': asked.alone.at(0.99),
    [`credentials/s, ${TOGETHER} at once`]: asked.together.perSecond,
    'p99 ms at once': asked.together.at(0.99),
    'renewal p50 ms': asked.renewals.at(0.5),
    'renewal p99 ms': asked.renewals.at(0.99),
  };
}

async function sizes({ databases, replicas }: World): Promise<Row> {
  const vault = await sizeOf(databases['token-vault']);
  const server = await sizeOf(databases['authorization-server']);
  return {
    'vault tables MiB': vault.tables,
    'vault indexes MiB': vault.indexes,
    'server tables MiB': server.tables,
    'server indexes MiB': server.indexes,
    'vault memory MiB': Math.round(rssMiB(replicas['token-vault'][0]?.pid ?? 0)),
    'server memory MiB': Math.round(rssMiB(replicas['authorization-server'][0]?.pid ?? 0)),
  };
}

/** Without the custody log: it has what the measurement asked for. */
async function sizeOf({
  adminUrl,
  schema,
}: Stored): Promise<{ readonly tables: number; readonly indexes: number }> {
  const { tables, indexes } = await only<{ tables: string; indexes: string }>(
    adminUrl,
    `select coalesce(sum(pg_table_size(c.oid)), 0) as tables, coalesce(sum(pg_indexes_size(c.oid)), 0) as indexes
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = '${schema}' and c.relkind = 'r' and c.relname not like 'custody_log%'`,
  );
  const mib = (bytes: string): number => round(Number(bytes) / 1_048_576, 1);
  return { tables: mib(tables), indexes: mib(indexes) };
}

/** What one line of the custody log takes, with its indexes. */
async function releases({ databases }: World): Promise<Row> {
  const { adminUrl, schema } = databases['token-vault'];
  const { count } = await only<{ count: string }>(adminUrl, `select count(*) from ${schema}.custody_log`);
  const { bytes } = await only<{ bytes: string }>(
    adminUrl,
    `select sum(pg_total_relation_size(oid)) as bytes from pg_class where relname like 'custody_log%' and relkind = 'r'`,
  );
  return { releases: Number(count), 'bytes of a release': round(Number(bytes) / Number(count), 0) };
}

type Stored = World['databases']['token-vault'];

async function only<Found extends object>(adminUrl: Stored['adminUrl'], text: string): Promise<Found> {
  const client = new pg.Client({ connectionString: adminUrl.reveal() });
  await client.connect();
  try {
    const [found] = (await client.query<Found>(text)).rows;
    if (found === undefined) throw new Error('no row');
    return found;
  } finally {
    await client.end();
  }
}
