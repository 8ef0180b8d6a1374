import { createHmac } from 'node:crypto';
import type { Secret } from '@gatehouse/kernel/secret';
import { equalsInConstantTime } from '@gatehouse/kernel/digest';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';

/**
 * Tokens for the forms of one browser. A token is a MAC over the form's purpose and over something that only this browser's
 * cookies name (an attempt, a browser session). Another site can neither read nor compute it.
 */
export class CsrfTokens {
  constructor(private readonly key: Secret) {}

  tokenFor(boundTo: string): string {
    return createHmac('sha256', this.key.reveal()).update(`csrf\0${boundTo}`).digest('base64url');
  }

  /** @throws {GatehouseError} `not_allowed` when the form does not come from a page that this browser was given. */
  check(boundTo: string, form: ReadonlyMap<string, string>): void {
    if (!equalsInConstantTime(form.get('csrf') ?? '', this.tokenFor(boundTo)))
      throw new GatehouseError('not_allowed', 'the form does not carry the token of this browser');
  }
}
