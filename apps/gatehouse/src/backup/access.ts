import { dirname, relative, resolve } from 'node:path';
import { parseConfiguration } from '@gatehouse/config/load';
import { systemSecrets } from '@gatehouse/config/secrets/secret-references';
import { SERVICES } from '@gatehouse/kernel/services';
import { Secret } from '@gatehouse/kernel/secret';
import type { KeyEncryptionKey } from '@gatehouse/sealing/envelope';
import { modelOf, readConfiguration, type ConfigurationText, type Environment } from '../configuration.js';
import { readWrittenSecret, writtenSections } from '../written-secrets.js';
import { fingerprintOf, isBelow, type BackedUp, type BackupManifest } from './manifest.js';

/** What a backup and a restore read of an installation. */
export interface InstallationAccess {
  readonly gateway: string;
  readonly configuration: ConfigurationText;
  readonly environment: Environment;
  /** Of each database its owner’s URL. */
  readonly databases: ReadonlyMap<BackedUp, Secret>;
  readonly keys: BackupManifest['keys'];
  /** The same keys, with what they open. */
  readonly sealing: ReadonlyMap<BackedUp, readonly KeyEncryptionKey[]>;
}

/** @throws {Cannot} when the configuration is wrong or a secret is not there. */
export function accessTo(file: string, environment: Environment): InstallationAccess {
  const configuration = readConfiguration(resolve(file));
  const model = modelOf(configuration, 'none', {});
  const { postgres, vault, authServer } = writtenSections(configuration);
  const read = (kind: 'postgresUrl' | 'keyEncryptionKey', written: Parameters<typeof readWrittenSecret>[2]) =>
    readWrittenSecret(configuration, kind, written, environment);
  const databases = new Map<BackedUp, Secret>();
  const own = model.authServer === undefined ? undefined : postgres.authorizationServer?.url;
  if (own !== undefined) databases.set('authorization-server', read('postgresUrl', own));
  databases.set('token-vault', read('postgresUrl', postgres.tokenVault.ownerUrl ?? postgres.tokenVault.url));
  const keysOf = (keys: typeof vault.keyEncryptionKeys): readonly KeyEncryptionKey[] =>
    keys.map(({ id, ...written }) => ({ id, key: read('keyEncryptionKey', written) }));
  const sealing = new Map<BackedUp, readonly KeyEncryptionKey[]>();
  if (own !== undefined) sealing.set('authorization-server', keysOf(authServer?.keyEncryptionKeys ?? []));
  sealing.set('token-vault', keysOf(vault.keyEncryptionKeys));
  return {
    gateway: model.name,
    configuration,
    environment,
    databases,
    keys: [...sealing].flatMap(([of, keys]) =>
      keys.map(({ id, key }) => ({ of, id, fingerprint: fingerprintOf(key.reveal()) })),
    ),
    sealing,
  };
}

/** The files that the configuration reads secrets from: those in its folder, and others. */
export function secretFilesOf({ configuration, environment }: InstallationAccess): {
  readonly own: readonly string[];
  readonly elsewhere: readonly string[];
} {
  const folder = dirname(configuration.document);
  const files = new Set<string>();
  const read = systemSecrets(folder, environment, (path) => files.add(path));
  for (const part of [...SERVICES, 'bridge'] as const)
    parseConfiguration(configuration, { part, readSecret: read });
  const paths = [...files].map((path) => relative(folder, path)).sort();
  return { own: paths.filter(isBelow), elsewhere: paths.filter((path) => !isBelow(path)) };
}
