import type { Log } from '@gatehouse/observability/log';
import { Database } from '@gatehouse/persistence/database';
import { freePort } from '@gatehouse/testing/free-port';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { afterAll, beforeAll } from '@jest/globals';
import { TestService, type TestServiceParts } from './test-service.js';

/** This service with its database and its bus. */
export interface ServiceWorld {
  readonly nats: TestNats;
  readonly service: TestService;
  /** The spec's own way to the database. */
  readonly rows: Database;
  /** Another instance on the same database, bus and vault; it is closed with this world, if not before. */
  readonly startAnother: (
    overrides: TestServiceParts['overrides'],
    more?: Partial<Pick<TestServiceParts, 'port' | 'limits'>>,
  ) => Promise<TestService>;
  readonly close: () => Promise<void>;
}

/** What all tests of a file share: started before the first of them, handed over, and closed after the last. */
export function shareWorld<World extends { close(): Promise<void> }>(
  start: () => Promise<World>,
  use: (world: World) => unknown,
): void {
  let world: World | undefined;
  beforeAll(async () => {
    world = await start();
    await use(world);
  });
  afterAll(() => world?.close());
}

/** @param log default: one that writes nothing */
export async function startServiceWorld(log: Log = new SilentLog()): Promise<ServiceWorld> {
  const [database, nats] = await Promise.all([startTestDatabase('authorization-server'), startTestNats()]);
  const parts: Omit<TestServiceParts, 'port'> = {
    databaseUrl: database.url,
    log,
    busOf: (name) => nats.optionsOf(name),
  };
  const service = await TestService.start({ ...parts, port: await freePort() });
  const rows = new Database({ url: database.url, schema: database.schema, applicationName: 'spec' }, log);
  const others: TestService[] = [];
  return {
    nats,
    service,
    rows,
    startAnother: async (overrides = {}, more = {}) => {
      const own = { port: await freePort(), vault: service.vault, overrides };
      const another = await TestService.start({ ...parts, ...own, ...more });
      others.push(another);
      return another;
    },
    close: async () => {
      await rows.onApplicationShutdown();
      await Promise.all(others.map((another) => another.close()));
      await service.close();
      await nats.close();
      await database.close();
    },
  };
}
