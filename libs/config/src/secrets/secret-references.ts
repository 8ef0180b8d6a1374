import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Path } from '../findings/path.js';
import type { WrittenReference } from '../yaml/fields.js';

/** Where a secret is. `secretRef` is the file `<SECRETS_DIR>/<name>/<key>`, as Kubernetes mounts it. */
export type SecretReference =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly secretRef: { readonly name: string; readonly key: string } };

/** `saysAll`: the message needs no words around it. */
export type Reading =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly message: string; readonly saysAll?: true };

/** What a reference of a manifest names. */
export type ReferencedKind = 'Secret' | 'ConfigMap';

/** `path`: where the reference stands in the configuration. `kind`: what it names, where a manifest says so. */
export type SecretReader = (reference: SecretReference, path?: Path, kind?: ReferencedKind) => Reading;

export const DEFAULT_SECRETS_DIR = '/run/secrets/gatehouse';

/** No secret of a configuration is larger, nor is a bundle of certificates; a reference to a device or a log must not fill the memory. */
const MAX_SECRET_BYTES = 1024 * 1024;

/** The reference as it is named in messages. */
export function describeReference(reference: SecretReference): string {
  if ('env' in reference) return `env ${reference.env}`;
  if ('file' in reference) return `file ${reference.file}`;
  return `secretRef ${reference.secretRef.name}/${reference.secretRef.key}`;
}

/** The one place of a written reference; `undefined` when there is not exactly one (which is reported already). */
export function referenceOf(written: WrittenReference): SecretReference | undefined {
  const places: SecretReference[] = [];
  if (written.env !== undefined) places.push({ env: written.env });
  if (written.file !== undefined) places.push({ file: written.file });
  if (written.secretRef !== undefined) places.push({ secretRef: written.secretRef });
  return places.length === 1 ? places[0] : undefined;
}

/** Reads secrets of this process's environment and file system. Space around a value is dropped. */
export function systemSecrets(
  directory: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  readsFile: (path: string) => void = () => undefined,
): SecretReader {
  const secretsDirectory = environment['SECRETS_DIR'] ?? DEFAULT_SECRETS_DIR;
  return (reference) => {
    if ('env' in reference) return fromEnvironment(reference.env, environment);
    const path =
      'file' in reference
        ? resolve(directory, reference.file)
        : join(secretsDirectory, reference.secretRef.name, reference.secretRef.key);
    readsFile(path);
    return fromFile(path);
  };
}

/** Reads `{env}` references from a record and nothing else. */
export const secretsFrom =
  (environment: Readonly<Record<string, string>>): SecretReader =>
  (reference) =>
    'env' in reference
      ? fromEnvironment(reference.env, environment)
      : { ok: false, message: 'Only env references can be read here.' };

function fromEnvironment(name: string, environment: Readonly<Record<string, string | undefined>>): Reading {
  // `constructor` is a fine name of a variable, and every object has one.
  const value = Object.hasOwn(environment, name) ? environment[name]?.trim() : undefined;
  if (value === undefined) return { ok: false, message: `The environment variable ${name} is not set.` };
  return value === ''
    ? { ok: false, message: `The environment variable ${name} is empty.` }
    : { ok: true, value };
}

function fromFile(path: string): Reading {
  try {
    const size = statSync(path).size;
    if (size > MAX_SECRET_BYTES) return { ok: false, message: `The file ${path} is too large for a secret.` };
    const value = readFileSync(path, 'utf8').trim();
    return value === '' ? { ok: false, message: `The file ${path} is empty.` } : { ok: true, value };
  } catch (error) {
    return { ok: false, message: `The file ${path} ${whyUnreadable(error)}.` };
  }
}

function whyUnreadable(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this process';
  return code === 'EISDIR' ? 'is a folder' : 'cannot be read';
}
