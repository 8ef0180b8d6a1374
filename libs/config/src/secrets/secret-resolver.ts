import { Secret } from '@gatehouse/kernel/secret';
import { ConfiguredSecret, type SecretOwner } from '../model/configured-secret.js';
import { SERVICES } from '@gatehouse/kernel/services';
import { overlap, type Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { checkSecret, type SecretKind } from './secret-kinds.js';
import { describeReference, referenceOf, type SecretReader } from './secret-references.js';
import type { WrittenReference } from '../yaml/fields.js';

/** Whose secrets are read: those of one service or of the bridge, all of them (`gatehouse validate` beside the secrets) or none. */
export type Part = SecretOwner | 'all' | 'none';

/** The services that read a secret, and what its value must be. */
export interface SecretUse {
  readonly kind: SecretKind;
  readonly owners: readonly SecretOwner[];
}

/** Resolves secrets while the model is built: only those of the part, each reference read at most once. */
export class SecretResolver {
  readonly findings: Finding[] = [];
  /** Those of the part, by where they stand. */
  readonly resolved: { readonly path: Path; readonly secret: Secret }[] = [];

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
    const reading = this.read(reference, path);
    const checked = reading.ok ? checkSecret(use.kind, reading.value) : undefined;
    if (!reading.ok) this.findings.push({ path, message: reading.message });
    else if (checked?.ok === false)
      this.findings.push({ path, message: `The secret in ${described} ${checked.message}` });
    const secret = checked?.ok === true ? new Secret(checked.value) : undefined;
    if (secret !== undefined) this.resolved.push({ path, secret });
    return new ConfiguredSecret(described, use.owners, secret);
  }

  /** A variable of the environment that need not be there, and that every service may read. */
  variable(name: string): string | undefined {
    const reading = this.mayRead(SERVICES) ? this.read({ env: name }) : undefined;
    return reading?.ok === true ? reading.value : undefined;
  }

  /** Whether policies are of any use to the part: the proxy's, and checks of the whole. */
  get decidesAboutCalls(): boolean {
    return this.part === 'none' || this.mayRead(['vmcp-proxy']);
  }

  /** Whether policies about who may sign in are: the vault's, and checks of the whole. */
  get decidesAboutPeople(): boolean {
    return this.part === 'none' || this.mayRead(['token-vault']);
  }

  /** The text of a file that is no secret. One that cannot be read is a finding, and empty. */
  file(file: string, path: Path): string {
    const reading = this.read({ file });
    if (reading.ok) return reading.value;
    this.findings.push({ path, message: reading.message });
    return '';
  }

  private mayRead(owners: readonly SecretOwner[]): boolean {
    return this.part === 'all' || (this.part !== 'none' && owners.includes(this.part));
  }
}
