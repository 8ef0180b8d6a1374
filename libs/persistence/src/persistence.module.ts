import { type DynamicModule, Module } from '@nestjs/common';
import type { Secret } from '@gatehouse/kernel/secret';
import type { Service } from '@gatehouse/kernel/services';
import { Log } from '@gatehouse/observability/log';
import { ClockSkews, type Reading } from '@gatehouse/observability/clock-skews';
import { Readiness } from '@gatehouse/observability/readiness';
import { Database } from './database.js';
import type { DatabaseOptions } from './limited-pool.js';
import { Expiry } from './expiry.js';
import { databaseUnreachable } from './reachable.js';
import { Room } from './room.js';
import { schemaOf } from './schema-of.js';
import { TableSizes } from './table-sizes.js';

/** Asks the database for the time, which also shows that it answers. */
async function readClock(database: Database): Promise<Reading> {
  const askedAtMs = Date.now();
  const { rows } = await database.query<{ now_ms: number }>({
    name: 'readiness',
    text: 'select extract(epoch from clock_timestamp())::float8 * 1000 as now_ms',
  });
  return { askedAtMs, answeredAtMs: Date.now(), theirsMs: rows[0]?.now_ms ?? Number.NaN };
}

/** The service's own database; global. */
@Module({})
export class PersistenceModule {
  /** In the schema that bears the service's name. */
  static forService(service: Service, url: Secret): DynamicModule {
    return this.forRoot({ url, schema: schemaOf(service), applicationName: `gatehouse-${service}` });
  }

  static forRoot(options: DatabaseOptions): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        {
          provide: Database,
          inject: [Log, Readiness, ClockSkews],
          useFactory: (log: Log, readiness: Readiness, clocks: ClockSkews) => {
            const database = new Database(options, log);
            readiness.part(
              'database',
              async () => clocks.note('database', await readClock(database)),
              async () => await databaseUnreachable(options.url),
            );
            return database;
          },
        },
        TableSizes,
        Room,
        Expiry,
      ],
      exports: [Database, Expiry],
    };
  }
}
