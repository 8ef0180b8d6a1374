import type { Secret } from '@gatehouse/kernel/secret';
import type { Service } from '@gatehouse/kernel/services';

/** Who reads secrets. The bridge is no service: it has no place on the bus. */
export type SecretOwner = Service | 'bridge';

/**
 * A secret of the model: where it stands, and its value only when it belongs to the part that was loaded. Reading one
 * that was not resolved is our bug and throws, so that a service never holds another service's secret.
 */
export class ConfiguredSecret {
  readonly #secret: Secret | undefined;

  constructor(
    /** Printable, such as `env OKTA_CLIENT_SECRET`. */
    readonly reference: string,
    readonly owners: readonly SecretOwner[],
    secret?: Secret,
  ) {
    this.#secret = secret;
  }

  get resolved(): boolean {
    return this.#secret !== undefined;
  }

  get secret(): Secret {
    if (this.#secret === undefined)
      throw new Error(
        `The secret ${this.reference} was not resolved: it is for ${this.owners.join(', ')}, which is not the part that was loaded.`,
      );
    return this.#secret;
  }
}
