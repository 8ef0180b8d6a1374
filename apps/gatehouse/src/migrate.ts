import { dirname, resolve } from 'node:path';
import { referenceOf, systemSecrets } from '@gatehouse/config/secret-references';
import { Secret } from '@gatehouse/kernel/secret';
import { migrate as applyMigrations } from '@gatehouse/persistence/migrate';
import { parse } from 'yaml';
import { Cannot } from './cannot.js';
import { modelOf, readConfiguration, type Environment } from './configuration.js';
import type { Output } from './output.js';
import { migrationsOf } from './paths.js';

/** The part of a checked configuration that this command reads; it needs no other secret than the two URLs. */
interface PostgresSection {
  readonly postgres: Record<
    'authorizationServer' | 'tokenVault',
    { readonly url: Parameters<typeof referenceOf>[0] }
  >;
}

const TARGETS = [
  { key: 'authorizationServer', service: 'authorization-server', schema: 'authorization_server' },
  { key: 'tokenVault', service: 'token-vault', schema: 'token_vault' },
] as const;

/** Applies the migrations of both services, each with its own role; safe to run again and from several places at once. */
export async function migrate(file: string, environment: Environment, output: Output): Promise<number> {
  const configuration = readConfiguration(resolve(file));
  const model = modelOf(configuration, 'none', {});
  const { postgres } = parse(configuration.text) as PostgresSection;
  for (const { key, service, schema } of TARGETS) {
    if (service === 'authorization-server' && model.authServer === undefined) continue;
    const url = readUrl(configuration.document, postgres[key].url, environment);
    const applied = await applyMigrations({ url, schema, folder: migrationsOf(service) }).catch(
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : 'unknown';
        throw new Cannot(`The database of ${service} was not migrated: ${reason}`);
      },
    );
    output.line(`${service}: ${applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`}`);
  }
  return 0;
}

function readUrl(
  document: string,
  written: Parameters<typeof referenceOf>[0],
  environment: Environment,
): Secret {
  const reference = referenceOf(written);
  if (reference === undefined) throw new Cannot('A database URL has to be a reference to exactly one place.');
  const reading = systemSecrets(dirname(document), environment)(reference);
  if (!reading.ok) throw new Cannot(reading.message);
  return new Secret(reading.value);
}
