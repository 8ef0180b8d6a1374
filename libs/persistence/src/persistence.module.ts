import { type DynamicModule, Module } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { ReadinessChecks } from '@gatehouse/observability/readiness-checks';
import { Database } from './database.js';
import type { DatabaseOptions } from './limited-pool.js';
import { TableSizes } from './table-sizes.js';

/** The service's own database; global. */
@Module({})
export class PersistenceModule {
  static forRoot(options: DatabaseOptions): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        {
          provide: Database,
          inject: [Log, ReadinessChecks],
          useFactory: (log: Log, readiness: ReadinessChecks) => {
            const database = new Database(options, log);
            readiness.add('database', async () => {
              await database.query({ name: 'readiness', text: 'select 1' });
            });
            return database;
          },
        },
        TableSizes,
      ],
      exports: [Database],
    };
  }
}
