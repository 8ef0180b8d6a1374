import type { ManifestBody } from './manifest.js';

/** What a backup holds, for programs: names and numbers, and nothing of what is in it. */
export const summaryOf = ({
  made,
  gatehouse,
  gateway,
  sealing,
  keys,
  databases,
  files,
  state,
}: ManifestBody) => ({
  made,
  gatehouse,
  gateway,
  encrypted: sealing !== undefined,
  databases: databases.map(({ service, tables, migrations }) => ({
    service,
    tables: tables.length,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0),
    migrations: migrations.length,
  })),
  /** What has to be there before it can be restored. */
  needsKeys: keys,
  holdsKeys: state !== undefined,
  files: files.map(({ path }) => path),
});
