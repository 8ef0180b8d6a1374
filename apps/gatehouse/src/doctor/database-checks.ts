import type { Secret } from '@gatehouse/kernel/secret';
import { databaseTroubles, type DatabaseTrouble } from '@gatehouse/persistence/database-troubles';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import { migrationsOf } from '../paths.js';
import type { Check } from './finding.js';

const OWNERS = ['authorization-server', 'token-vault'] as const;
type Owner = (typeof OWNERS)[number];

const SAID: Readonly<Record<DatabaseTrouble['kind'], { readonly cause: string; readonly fix: string }>> = {
  unreachable: {
    cause: 'The database cannot be used.',
    fix: 'Start it, or correct the URL, the user or the password.',
  },
  migrations: { cause: 'Migrations are not applied.', fix: 'Run `gatehouse migrate`.' },
  edited: {
    cause: 'Migrations were edited after they had been applied.',
    fix: 'Use the release that made this database, or restore a backup.',
  },
  newer: {
    cause: 'A later release has migrated this database.',
    fix: 'Use that release, or restore a backup that is older than its migrations.',
  },
  'too-strong': {
    cause: 'The role may do more than a service needs: whoever takes the service takes the database server.',
    fix: 'Make a role as infra/postgres/roles.sql does, and use it.',
  },
  'other-schema': {
    cause: 'The role may look into the schema of the other service.',
    fix: 'Give each service a role of its own, as infra/postgres/roles.sql does.',
  },
};

/** The database of one service, with the service’s own role. */
export const databaseCheck = (service: Owner, url: Secret, withinMs: number): Check => {
  const about = `database of ${service}`;
  return {
    about,
    run: async () =>
      (
        await databaseTroubles({
          url,
          service,
          folder: migrationsOf(service),
          otherSchemas: OWNERS.filter((other) => other !== service).map(schemaOf),
          withinMs,
        })
      ).map(({ kind, evidence }) => ({ name: `database-${kind}`, about, evidence, ...SAID[kind] })),
  };
};
