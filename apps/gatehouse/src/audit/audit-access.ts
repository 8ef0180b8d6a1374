import { resolve } from 'node:path';
import { CustodyKeyring } from '@gatehouse/persistence/custody-log/custody-key';
import type { Secret } from '@gatehouse/kernel/secret';
import { modelOf, readConfiguration, type Environment } from '../configuration.js';
import { readWrittenSecret, writtenSections } from '../written-secrets.js';

/** What the audit commands read of a configuration, and when. */
export interface AuditAccess {
  readonly keys: CustodyKeyring;
  /** Whether the log has an owner of its own. */
  readonly hasOwner: boolean;
  /** Of the owner, or of the vault's role where that owns its tables. Read when it is asked for. */
  readonly databaseUrl: () => Secret;
}

/** @throws {Cannot} when the configuration is wrong or a secret is not there. */
export function auditAccess(file: string, environment: Environment): AuditAccess {
  const configuration = readConfiguration(resolve(file));
  modelOf(configuration, 'none', {});
  const { postgres, vault } = writtenSections(configuration);
  const { url, ownerUrl } = postgres.tokenVault;
  return {
    keys: new CustodyKeyring(
      vault.keyEncryptionKeys.map(({ id, ...written }) => ({
        id,
        key: readWrittenSecret(configuration, 'keyEncryptionKey', written, environment),
      })),
    ),
    hasOwner: ownerUrl !== undefined,
    databaseUrl: () => readWrittenSecret(configuration, 'postgresUrl', ownerUrl ?? url, environment),
  };
}
