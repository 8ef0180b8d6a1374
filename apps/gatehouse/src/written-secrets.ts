import { dirname } from 'node:path';
import { checkSecret, type SecretKind } from '@gatehouse/config/secrets/secret-kinds';
import { referenceOf, systemSecrets } from '@gatehouse/config/secrets/secret-references';
import { Secret } from '@gatehouse/kernel/secret';
import { parse } from 'yaml';
import { Cannot } from './cannot.js';
import type { ConfigurationText, Environment } from './configuration.js';

export type WrittenReference = Parameters<typeof referenceOf>[0];

/** The parts of a checked configuration that a command of operators reads; it needs no other secret than these. */
export interface WrittenSections {
  readonly postgres: {
    readonly authorizationServer: { readonly url: WrittenReference };
    readonly tokenVault: { readonly url: WrittenReference; readonly ownerUrl?: WrittenReference };
  };
  readonly nats: { readonly provisioningCredentials?: WrittenReference };
  readonly vault: { readonly keyEncryptionKeys: readonly (WrittenReference & { readonly id: string })[] };
}

/** @param configuration one that was checked. */
export const writtenSections = (configuration: ConfigurationText): WrittenSections =>
  parse(configuration.text) as WrittenSections;

/** One secret, where it is written. @throws {Cannot} when it is not there or is not of its kind. */
export function readWrittenSecret(
  { document }: ConfigurationText,
  kind: SecretKind,
  written: WrittenReference,
  environment: Environment,
): Secret {
  const reference = referenceOf(written);
  if (reference === undefined) throw new Cannot('A secret has to be a reference to exactly one place.');
  const reading = systemSecrets(dirname(document), environment)(reference);
  if (!reading.ok) throw new Cannot(reading.message);
  const checked = checkSecret(kind, reading.value);
  if (!checked.ok) throw new Cannot(`The secret ${JSON.stringify(reference)} ${checked.message}`);
  return new Secret(checked.value);
}
