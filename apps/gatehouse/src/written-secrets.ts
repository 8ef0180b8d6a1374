import { dirname } from 'node:path';
import { checkSecret, type SecretKind } from '@gatehouse/config/secrets/secret-kinds';
import { describeReference, referenceOf, systemSecrets } from '@gatehouse/config/secrets/secret-references';
import { checkStructure } from '@gatehouse/config/structure/structure';
import type { WrittenReference } from '@gatehouse/config/yaml/fields';
import type { GatehouseYaml } from '@gatehouse/config/yaml/gatehouse-yaml';
import { Secret } from '@gatehouse/kernel/secret';
import { readDocument } from '@gatehouse/config/written-document';
import { Cannot } from './cannot.js';
import type { ConfigurationText, Environment } from './configuration.js';

/** The fields of a configuration as written, with their defaults. @param configuration one that was checked. */
export function writtenSections(configuration: ConfigurationText): GatehouseYaml {
  const { shape } = checkStructure(readDocument(configuration).value);
  if (shape === undefined)
    throw new Cannot(
      `${configuration.document} is not a configuration of Gatehouse. See why: gatehouse validate ${configuration.document}`,
      'configuration',
    );
  return shape;
}

/** One secret, where it is written. @throws {Cannot} when it is not there or is not of its kind. */
export function readWrittenSecret(
  configuration: ConfigurationText,
  kind: SecretKind,
  written: WrittenReference,
  environment: Environment,
): Secret {
  const reference = referenceOf(written);
  if (reference === undefined)
    throw new Cannot(
      'A secret has to be a reference to exactly one place. See where it is not: gatehouse validate <file>',
      'configuration',
    );
  const mounted = systemSecrets(dirname(configuration.document), environment);
  const reading = readDocument(configuration).readerOf(mounted)(reference);
  if (!reading.ok) throw new Cannot(reading.message, 'configuration');
  const checked = checkSecret(kind, reading.value);
  if (!checked.ok)
    throw new Cannot(
      `The secret (${describeReference(reference)}) ${checked.message} See each of them: gatehouse validate --check-secrets <file>`,
      'configuration',
    );
  return new Secret(checked.value);
}
