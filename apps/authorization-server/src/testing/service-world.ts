import { Database } from '@gatehouse/persistence/database';
import { freePort } from '@gatehouse/testing/free-port';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { TestService, type TestServiceParts } from './test-service.js';

/** This service with its database and its bus. */
export interface ServiceWorld {
  readonly nats: TestNats;
  readonly service: TestService;
  /** The spec's own way to the database. */
  readonly rows: Database;
  /** Another instance on the same database, bus and vault; whoever starts it closes it. */
  readonly startAnother: (
    overrides: TestServiceParts['overrides'],
    more?: Partial<Pick<TestServiceParts, 'port' | 'limits'>>,
  ) => Promise<TestService>;
  readonly close: () => Promise<void>;
}

export async function startServiceWorld(): Promise<ServiceWorld> {
  const [database, nats] = await Promise.all([startTestDatabase('authorization-server'), startTestNats()]);
  const log = new SilentLog();
  const parts: Omit<TestServiceParts, 'port'> = {
    databaseUrl: database.url,
    log,
    busOf: (name) => nats.optionsOf(name),
  };
  const service = await TestService.start({ ...parts, port: await freePort() });
  const rows = new Database({ url: database.url, schema: database.schema, applicationName: 'spec' }, log);
  return {
    nats,
    service,
    rows,
    startAnother: async (overrides = {}, more = {}) =>
      await TestService.start({
        ...parts,
        port: await freePort(),
        vault: service.vault,
        overrides,
        ...more,
      }),
    close: async () => {
      await rows.onApplicationShutdown();
      await service.close();
      await nats.close();
      await database.close();
    },
  };
}
