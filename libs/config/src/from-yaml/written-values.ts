import { parseDurationMs } from '@gatehouse/kernel/durations';
import { parseSizeBytes } from '@gatehouse/kernel/sizes';
import type { EgressRules } from '../model/egress-rules.js';
import { isLocalhost } from '../urls/hosts.js';

/** Milliseconds of a duration whose format was checked. A wrong one is already reported and counts as 0. */
export const milliseconds = (duration: string): number => parseDurationMs(duration) ?? 0;

/** Bytes of a size whose format was checked, as {@link milliseconds}. */
export const bytes = (size: string): number => parseSizeBytes(size) ?? 0;

/** Leaves out what is `undefined`, so that an absent field is absent and not a field without a value. */
export function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [K in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in Name]?: Value };
}

/** The same fields but some. */
export function without<T extends object, Name extends keyof T & string>(
  fields: T,
  ...names: readonly Name[]
): Omit<T, Name> {
  const left = Object.entries(fields).filter(([field]) => !names.some((name) => name === field));
  return Object.fromEntries(left) as Omit<T, Name>;
}

/** The egress rules as written, opened for localhost when every URL of that party is there. */
export function egressRules(written: EgressRules, ...urls: readonly (string | undefined)[]): EgressRules {
  const known = urls.filter((url) => url !== undefined);
  const local = known.length > 0 && known.every(isLocalhost);
  return {
    allowPrivateIps: written.allowPrivateIps || local,
    insecureAllowHttp: written.insecureAllowHttp || local,
  };
}
