import type { ReferencedKind, SecretReader } from '../secrets/secret-references.js';
import type { Written } from './manifest-object.js';
import type { ManifestSet } from './manifest-set.js';
import type { NativeDocument } from './native-document.js';

interface Among {
  readonly set: ManifestSet;
  readonly native: NativeDocument;
  readonly namespace: string;
  /** It is asked also for what is among the manifests. */
  readonly readerHasAll: boolean;
}

/**
 * References to objects that are among the manifests are read there, all others where they are mounted. A reference of a
 * manifest names a Secret or a ConfigMap, and an object of the other kind that has the same name does not answer it.
 */
export const ownSecrets =
  ({ set, native, namespace, readerHasAll }: Among, mounted: SecretReader): SecretReader =>
  (reference, path = []) => {
    if (!('secretRef' in reference)) return mounted(reference, path);
    const { name, key } = reference.secretRef;
    const known = native.kindAt(path);
    for (const kind of known === undefined ? KINDS : [known]) {
      const object = set.find(kind, namespace, name);
      if (object === undefined) continue;
      return readerHasAll ? mounted(reference, path, kind) : readKey(object, kind, key);
    }
    const elsewhere = mounted(reference, path, known);
    return elsewhere.ok || elsewhere.saysAll === true
      ? elsewhere
      : {
          ok: false,
          message: `There is no ${known ?? 'Secret'} ${name} in namespace ${namespace}, and none is mounted: ${elsewhere.message}`,
        };
  };

/** A reference that stands in a `gatehouse.yaml` beside the manifests says nothing of a kind. */
const KINDS: readonly ReferencedKind[] = ['Secret', 'ConfigMap'];

type Read = ReturnType<SecretReader>;

function readKey(object: Written, kind: ReferencedKind, key: string): Read {
  const { name } = object.object;
  const refuse = (what: string): Read => ({
    ok: false,
    message: `The key ${key} of the ${kind} ${name} ${what}`,
  });
  const plain = object.at(kind === 'Secret' ? 'stringData' : 'data', key);
  const encoded = kind === 'Secret' ? object.at('data', key) : undefined;
  const written = plain.isThere ? plain : encoded;
  if (written?.isThere !== true) return { ok: false, message: `The ${kind} ${name} has no key ${key}.` };
  if (typeof written.value !== 'string') return refuse('is not a text.');
  const text = written === encoded ? decoded(written.value) : written.value;
  if (text === undefined) return refuse('is not base64.');
  return text.trim() === '' ? refuse('is empty.') : { ok: true, value: text.trim() };
}

const decoded = (base64: string): string | undefined =>
  /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64) ? Buffer.from(base64, 'base64').toString('utf8') : undefined;
