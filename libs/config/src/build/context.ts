import { parseDurationMs } from '@gatehouse/kernel/durations';
import { parseSizeBytes } from '@gatehouse/kernel/sizes';
import { Secret } from '@gatehouse/kernel/secret';
import { ConfiguredSecret } from '../configured-secret.js';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import type { EgressRules } from '../model.js';
import { overlap, type Finding } from '../problems.js';
import type { Path } from '../schema-tree.js';
import { checkSecret, type SecretKind } from '../secret-kinds.js';
import { describeReference, referenceOf, type SecretReader } from '../secret-references.js';
import { isLocalhost } from '../urls.js';
import type { WrittenReference } from '../yaml/fields.js';

/** Whose secrets are read: one service's, everybody's (`gatehouse validate` beside the secrets) or nobody's. */
export type Part = Service | 'all' | 'none';

/** Who a secret is for and what it must be. */
export interface SecretUse {
  readonly kind: SecretKind;
  readonly owners: readonly Service[];
}

/** Resolves secrets while the model is built: only those of the part, each reference read at most once. */
export class SecretResolver {
  readonly findings: Finding[] = [];

  constructor(
    private readonly part: Part,
    private readonly read: SecretReader,
    /** Places that are already reported. */
    private readonly wrong: readonly Path[],
  ) {}

  secret(written: WrittenReference, path: Path, use: SecretUse): ConfiguredSecret {
    const reference = referenceOf(written);
    if (reference === undefined) return new ConfiguredSecret('(none)', use.owners);
    const described = describeReference(reference);
    if (!this.mayRead(use.owners) || this.wrong.some((place) => overlap(place, path)))
      return new ConfiguredSecret(described, use.owners);
    const reading = this.read(reference);
    const checked = reading.ok ? checkSecret(use.kind, reading.value) : undefined;
    if (!reading.ok) this.findings.push({ path, message: reading.message });
    else if (checked?.ok === false)
      this.findings.push({ path, message: `The secret in ${described} ${checked.message}` });
    return new ConfiguredSecret(
      described,
      use.owners,
      checked?.ok === true ? new Secret(checked.value) : undefined,
    );
  }

  private mayRead(owners: readonly Service[]): boolean {
    return this.part === 'all' || (this.part !== 'none' && owners.includes(this.part));
  }
}

export const EVERY_SERVICE: readonly Service[] = SERVICES;

/** Milliseconds of a duration whose format was checked; a wrong one is already reported and counts as none. */
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

/** What was written for a party, widened when every URL of that party is on localhost. */
export function egressRules(written: EgressRules, ...urls: readonly (string | undefined)[]): EgressRules {
  const known = urls.filter((url) => url !== undefined);
  const local = known.length > 0 && known.every(isLocalhost);
  return {
    allowPrivateIps: written.allowPrivateIps || local,
    insecureAllowHttp: written.insecureAllowHttp || local,
  };
}
