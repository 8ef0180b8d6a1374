import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startedAs } from './started-as.js';

/** Top of the checkout (or of the image or the package of npm, which keep the same layout). */
export const REPOSITORY = resolve(import.meta.dirname, '../../..');

/** Written where the package is made; a checkout has none. */
export const BUILD_FILE = join(REPOSITORY, 'build.json');

/** Whether it is the package of npm, and no checkout. */
export const IS_PACKAGE = existsSync(BUILD_FILE);

const STARTED_AS = startedAs({ root: REPOSITORY, isPackage: IS_PACKAGE, environment: process.env });

/** What people type for this program, where they have just done so. */
export const PROGRAM = STARTED_AS.here;

/** What they type in any other folder. */
export const PROGRAM_ANYWHERE = STARTED_AS.anywhere;

/** Where state is kept: in the checkout, or where a person runs the package, which npm may replace at any time. */
const STATE_HOME = IS_PACKAGE ? resolve('.gatehouse') : join(REPOSITORY, '.gatehouse');

export const DEMONSTRATION_CONFIGURATION = join(REPOSITORY, 'examples/demonstration/gatehouse.yaml');
export const DEMONSTRATION_STATE = join(STATE_HOME, 'demo');
export const ROLES_SQL = join(REPOSITORY, 'infra/postgres/roles.sql');

/** Where an app's program is after the build. */
export const programOf = (app: string): string => join(REPOSITORY, 'apps', app, 'dist/main.js');

/** Where a service's migrations are. */
export const migrationsOf = (service: string): string => join(REPOSITORY, 'prisma', service, 'migrations');

/** The program that stops what `gatehouse up` started, whatever becomes of `gatehouse up` itself. */
export const KEEPER_PROGRAM = join(REPOSITORY, 'apps/gatehouse/dist/up/keeper.js');

/** The program that installs nats-server; an image has none. */
export const NATS_INSTALLER = join(REPOSITORY, 'tools/set-up/install-nats-server.mjs');
