import type { Path } from '../findings/path.js';
import type { ManifestSet } from './manifest-set.js';
import { isFields, type Written } from './manifest-object.js';
import type { NativeDocument } from './native-document.js';

/** What every part of the translation works with. */
export interface Translation {
  readonly set: ManifestSet;
  readonly native: NativeDocument;
  /** The VirtualMCPServer. */
  readonly gateway: Written;
  /** Whether a document beside the manifests says what people type into their clients. */
  readonly hasPublicUrl: boolean;
  /** Whether there is an authorization server, in the manifests or beside them. */
  readonly hasAuthServer: boolean;
  /** Names of backends in the documents beside the manifests. */
  readonly otherBackends: ReadonlySet<string>;
}

/** `{ name, key }` of a Secret. */
export function putReference({ native }: Translation, path: Path, reference: Written): void {
  native.putReference(path, reference, 'Secret');
}

/** `{ name, key }` of a ConfigMap. The published schema lets the name out, which would leave the bundle out with it. */
export function putConfigMapReference({ native, set }: Translation, path: Path, reference: Written): void {
  native.putReference(path, reference, 'ConfigMap');
  if (isFields(reference.value) && !reference.at('name').isThere)
    set.problems.push(reference.at('name').problem('This field is required.'));
}

export function putRenamed(
  { native }: Translation,
  path: Path,
  from: Written,
  names: Readonly<Record<string, string>>,
): void {
  for (const [theirs, ours] of Object.entries(names)) {
    const written = from.at(theirs);
    native.put([...path, ours], written.isThere ? written.value : undefined, written);
  }
}

export function putDurations(
  { native }: Translation,
  path: Path,
  from: Written,
  names: readonly string[],
): void {
  for (const name of names) {
    const written = from.at(name);
    native.put([...path, name], written.isThere ? nativeDuration(written.value) : undefined, written);
  }
}

const UNITS_MS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const PART = /(\d+(?:\.\d+)?)(ms|h|m|s)/g;

/** `1h30m0s`, as Go writes a duration, with one unit. What is none stays as it is, and its format is reported. */
export function nativeDuration(written: unknown): unknown {
  if (typeof written !== 'string' || !/^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/.test(written)) return written;
  const total = [...written.matchAll(PART)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS],
    0,
  );
  if (!Number.isInteger(total)) return written;
  const unit = (['h', 'm', 's'] as const).find((one) => total % UNITS_MS[one] === 0) ?? 'ms';
  return `${total / UNITS_MS[unit]}${unit}`;
}
