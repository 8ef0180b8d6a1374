import { join, resolve } from 'node:path';

/** Top of the checkout (or of the image, which keeps the same layout). */
export const REPOSITORY = resolve(import.meta.dirname, '../../..');

export const DEMONSTRATION_CONFIGURATION = join(REPOSITORY, 'examples/demonstration/gatehouse.yaml');
export const DEMONSTRATION_STATE = join(REPOSITORY, '.gatehouse/demo');
export const ROLES_SQL = join(REPOSITORY, 'infra/postgres/roles.sql');

/** Where an app's program is after the build. */
export const programOf = (app: string): string => join(REPOSITORY, 'apps', app, 'dist/main.js');

/** Where a service's migrations are. */
export const migrationsOf = (service: string): string => join(REPOSITORY, 'prisma', service, 'migrations');

/** The program that stops what `gatehouse up` started, whatever becomes of `gatehouse up` itself. */
export const KEEPER_PROGRAM = join(REPOSITORY, 'apps/gatehouse/dist/up/keeper.js');
