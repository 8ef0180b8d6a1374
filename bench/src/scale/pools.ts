import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '@gatehouse/persistence/database';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { makeCluster, startOnAFreePort } from '@gatehouse/testing/postgres-server';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { until } from '@gatehouse/testing/until';
import type { World } from '@gatehouse/testing/world';
import pg from 'pg';
import { round } from '../figures.js';
import { storeConnections } from '../stored-connections.js';
import { atOnce } from './asks.js';
import { inAskedWorld } from './asked-world.js';
import type { CredentialAsker } from './credential-asker.js';
import type { Extent, Part, Row } from './figures-of-scale.js';
import { took } from './lists.js';
import { signInMany, type Person } from './people.js';
import { Spending } from './spending.js';
import { turns } from './turns.js';

/** How many questions at once the database is good for, and what is said when there are more, or no connection is left. */
const POOLS = [2, 5, 10, 20, 40];
const QUERIES_AT_ONCE = [10, 100, 1_000];
const ASKS_AT_ONCE = [1, 8, 32, 128, 512, 2_000, 5_000];
const STORED = 10_000;
const MAX_CONNECTIONS = 60;
const BURST = 200;

export const pools: Part = {
  name: 'pools',
  async measure(extent) {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-scale-'));
    await chmod(folder, 0o755);
    const cluster = await makeCluster(join(folder, 'postgres'));
    const { server, url } = await startOnAFreePort(cluster, [`max_connections=${MAX_CONNECTIONS}`]);
    try {
      return await inAskedWorld({ postgres: url }, async (world, asker) => {
        await storeConnections(world, extent.of(STORED, 200));
        const people = await signInMany(await OAuthClient.register(world.mcpUrl), extent.of(8, 2));
        return {
          'connections of a pool': await poolSizes(world, people, extent),
          'credentials at once, one vault': await asksAtOnce(world, asker, people, extent),
          'no connection left': await noneLeft(world, url, asker, people),
        };
      });
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** The vault's own question for each credential (`ConnectionStore.ofSession`), asked of pools of several sizes. */
async function poolSizes(
  { databases }: World,
  people: readonly Person[],
  { of }: Extent,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const { url, schema } = databases['token-vault'];
  const next = turns(people);
  for (const maxConnections of of(POOLS, [2, 10]))
    for (const count of of(QUERIES_AT_ONCE, [10])) {
      const database = new Database(
        { url, schema, applicationName: 'scale', maxConnections },
        new SilentLog(),
      );
      const asked = await atOnce(count, of(1_200, 200), async () => {
        await database.query({
          name: 'scale-of-session',
          text: `select s.account_id, c.* from sessions s
                 left join (session_connections sc join connections c on c.id = sc.connection_id)
                   on sc.tsid = s.tsid and c.provider = $2 and c.account_id = s.account_id
                 where s.tsid = $1 and s.closed_at is null`,
          values: [next().tsid, 'octo'],
        });
        return undefined;
      });
      await database.onApplicationShutdown();
      rows.push({
        'pool of': maxConnections,
        'questions at once': count,
        'questions/s': asked.perSecond,
        'p50 ms': asked.at(0.5),
        'p99 ms': asked.at(0.99),
        failed: asked.failed,
      });
    }
  return rows;
}

async function asksAtOnce(
  world: World,
  asker: CredentialAsker,
  people: readonly Person[],
  { of }: Extent,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const [spending, next] = [new Spending(world), turns(people)];
  for (const count of of(ASKS_AT_ONCE, [1, 16])) {
    spending.begin();
    const asked = await atOnce(count, of(4_000, 300), async () => await asker.ask(next()));
    const spent = spending.end();
    const ms = (micros: number): number => round(micros / 1_000 / asked.count, 2);
    rows.push({
      'asks at once': count,
      'credentials/s': asked.perSecond,
      'p50 ms': asked.at(0.5),
      'p99 ms': asked.at(0.99),
      'slowest ms': asked.slowestMs,
      failed: asked.failed,
      said: asked.said,
      'vault ms': ms(spent.vaults),
      'Postgres ms': ms(spent.Postgres),
      'NATS ms': ms(spent.NATS),
    });
  }
  return rows;
}

/** Somebody else has every connection that the server has, and the vault, whose pool is at rest, has to open some. */
async function noneLeft(
  world: World,
  url: string,
  asker: CredentialAsker,
  people: readonly Person[],
): Promise<readonly Row[]> {
  const next = turns(people);
  const burst = async (state: string): Promise<Row> => {
    let left = BURST;
    const asked = await atOnce(
      BURST,
      () => left-- > 0,
      async () => await asker.ask(next()),
    );
    const ready = await fetch(`http://127.0.0.1:${world.internalPortsOf('token-vault')[0] ?? 0}/readyz`);
    const { status } = (await ready.json()) as { readonly status: string };
    return {
      state,
      asked: asked.count,
      failed: asked.failed,
      said: asked.said,
      'slowest ms': asked.slowestMs,
      'vault is': status,
    };
  };
  const rows = [await burst('connections are free')];
  // Without pauses in between, idle connections would be the vault's own.
  const [vault] = world.replicas['token-vault'];
  await vault?.stop();
  await vault?.start();
  const held = await holdAll(url);
  rows.push(await burst(`${held.length} connections are held by others`));
  await Promise.all(held.map(async (client) => await client.end()));
  const isAnswered = async (): Promise<boolean> =>
    await asker.ask(next()).then(
      () => true,
      () => false,
    );
  const backMs = await took(async () => await until(isAnswered));
  rows.push({ ...(await burst('they are free again')), 'well again after ms': round(backMs, 0) });
  return rows;
}

async function holdAll(url: string): Promise<readonly pg.Client[]> {
  const held: pg.Client[] = [];
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      held.push(client);
    } catch {
      return held;
    }
  }
}
