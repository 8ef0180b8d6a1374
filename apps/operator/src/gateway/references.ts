import { parseConfiguration } from '@gatehouse/config/load';
import type { Problem } from '@gatehouse/config/findings/problems';
import type { Reading, SecretReader } from '@gatehouse/config/secrets/secret-references';
import type { ConfigurationText } from '@gatehouse/config/written-document';
import { sha256 } from '@gatehouse/kernel/digest';
import type { Service } from '@gatehouse/kernel/services';
import type { NamedObject } from '../cluster/objects.js';

/** A key of a Secret or a ConfigMap that a service reads. */
export interface Reference extends NamedObject {
  readonly key: string;
}

/** In whose place nothing is read here: it is mounted by whoever runs the services. Whether it is there, the service says at its start. */
const MOUNTED_ELSEWHERE = '(mounted by whoever runs the services)';
const ONLY_IN_OBJECTS: Reading = {
  ok: false,
  saysAll: true,
  message: 'The operator reads no files beside the configuration. Write the policies into the object.',
};

export type ReadReference = (reference: Reference) => Reading;

export interface PartOfConfiguration {
  readonly references: readonly Reference[];
  readonly problems: readonly Problem[];
}

/** What one service reads of Secrets and ConfigMaps, and what is wrong with it. */
export function partOf(
  configuration: ConfigurationText,
  part: Service,
  read: ReadReference,
): PartOfConfiguration {
  const references = new Map<string, Reference>();
  const readSecret: SecretReader = (written, path, kind = 'Secret') => {
    if (!('secretRef' in written))
      return 'file' in written && path === undefined
        ? ONLY_IN_OBJECTS
        : { ok: false, saysAll: true, message: MOUNTED_ELSEWHERE };
    const reference = { kind, ...written.secretRef };
    references.set(fileOf(reference), reference);
    return read(reference);
  };
  const loaded = parseConfiguration(configuration, { part, readSecret });
  const problems = loaded.ok ? [] : loaded.problems;
  return {
    references: [...references.values()],
    problems: problems.filter(({ message }) => !message.includes(MOUNTED_ELSEWHERE)),
  };
}

/** What a key of a Secret may be at most. */
const MAX_KEY_LENGTH = 253;

/** The key, and so the file, that has a copy of it. No name has an underscore, so no two references have one key. */
export function fileOf({ kind, name, key }: Reference): string {
  const whole = `${kind.toLowerCase()}_${name}_${key}`;
  return whole.length <= MAX_KEY_LENGTH ? whole : `${kind.toLowerCase()}__${sha256(whole)}`;
}
