import type { SecretReader } from '../secrets/secret-references.js';
import type { ManifestSet } from './manifest-set.js';

/** References to Secrets and ConfigMaps that are among the manifests are read there, all others where they are mounted. */
export const ownSecrets =
  (set: ManifestSet, namespace: string, mounted: SecretReader): SecretReader =>
  (reference) => {
    if (!('secretRef' in reference)) return mounted(reference);
    const { name, key } = reference.secretRef;
    const secret = set.find('Secret', namespace, name);
    const config = set.find('ConfigMap', namespace, name);
    const plain = secret?.at('stringData', key).text ?? config?.at('data', key).text;
    const encoded = secret?.at('data', key).text;
    const value = (plain ?? (encoded === undefined ? undefined : decoded(encoded)))?.trim();
    if (value === undefined)
      return secret === undefined && config === undefined
        ? mounted(reference)
        : {
            ok: false,
            message: `The ${secret === undefined ? 'ConfigMap' : 'Secret'} ${name} has no key ${key}.`,
          };
    return value === '' ? { ok: false, message: `The key ${key} of ${name} is empty.` } : { ok: true, value };
  };

const decoded = (base64: string): string | undefined =>
  /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64) ? Buffer.from(base64, 'base64').toString('utf8') : undefined;
