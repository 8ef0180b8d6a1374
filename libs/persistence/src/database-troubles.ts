import type { Secret } from '@gatehouse/kernel/secret';
import type { Service } from '@gatehouse/kernel/services';
import pg from 'pg';
import { limitsWithin } from './limited-pool.js';
import { readMigrations } from './migrate.js';
import { databaseUnreachable } from './reachable.js';
import { schemaOf } from './schema-of.js';

/** What is wrong with the database of a service. Evidence names neither user nor password. */
export interface DatabaseTrouble {
  readonly kind: 'unreachable' | 'migrations' | 'edited' | 'newer' | 'too-strong' | 'other-schema';
  readonly evidence: string;
}

interface Target {
  readonly url: Secret;
  readonly service: Service;
  /** Of its migrations. */
  readonly folder: string;
  readonly otherSchemas: readonly string[];
  /** For each answer. */
  readonly withinMs: number;
}

/** Looks at a database as its service sees it, and changes nothing. */
export async function databaseTroubles(target: Target): Promise<readonly DatabaseTrouble[]> {
  const limits = limitsWithin(target.withinMs);
  const away = await databaseUnreachable(target.url, limits);
  if (away !== undefined) return [{ kind: 'unreachable', evidence: away }];
  const client = new pg.Client({ connectionString: target.url.reveal(), ...limits });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return [...(await roleTroubles(client, target)), ...(await migrationTroubles(client, target))];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function roleTroubles(
  client: pg.Client,
  { otherSchemas }: Target,
): Promise<readonly DatabaseTrouble[]> {
  const { rows } = await client.query<{ strong: boolean; seen: string[] }>(
    `select (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication) as strong,
       array(select nspname::text from pg_namespace
             where nspname = any($1) and has_schema_privilege(nspname, 'usage')) as seen
     from pg_roles where rolname = current_user`,
    [otherSchemas],
  );
  const [role] = rows;
  if (role === undefined) return [];
  if (role.strong)
    return [{ kind: 'too-strong', evidence: 'superuser, createrole, createdb, replication or bypassrls' }];
  return role.seen.map((schema) => ({ kind: 'other-schema' as const, evidence: schema }));
}

async function migrationTroubles(
  client: pg.Client,
  { service, folder }: Target,
): Promise<readonly DatabaseTrouble[]> {
  const table = `${schemaOf(service)}._prisma_migrations`;
  const { rows } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    table,
  ]);
  const applied =
    rows[0]?.there === true
      ? await client.query<{ migration_name: string; checksum: string }>(
          `select migration_name, checksum from ${table} where rolled_back_at is null`,
        )
      : { rows: [] };
  const there = new Map(applied.rows.map((row) => [row.migration_name, row.checksum]));
  const wanted = await readMigrations(folder);
  const missing = wanted.filter(({ name }) => !there.has(name)).map(({ name }) => name);
  const edited = wanted
    .filter(({ name, checksum }) => there.has(name) && there.get(name) !== checksum)
    .map(({ name }) => name);
  const known = new Set(wanted.map(({ name }) => name));
  const newer = [...there.keys()].filter((name) => !known.has(name));
  return [
    ...(missing.length === 0 ? [] : [{ kind: 'migrations' as const, evidence: listed(missing) }]),
    ...(edited.length === 0 ? [] : [{ kind: 'edited' as const, evidence: listed(edited) }]),
    ...(newer.length === 0 ? [] : [{ kind: 'newer' as const, evidence: listed(newer) }]),
  ];
}

const listed = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
