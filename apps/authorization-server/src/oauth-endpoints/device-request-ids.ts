import { createHmac } from 'node:crypto';
import type { Secret } from '@gatehouse/kernel/secret';

/**
 * Names the authorization request that a browser makes of a code. It is the same one however often that browser posts its form, so
 * that a lost response and a double click cost nothing. Nobody else can say its name.
 */
export class DeviceRequestIds {
  constructor(private readonly key: Secret) {}

  /** @param browser what the cookie of the form says, which was shown with a token of that form (`DeviceForms`) */
  of(row: string, browser: string): string {
    return createHmac('sha256', this.key.reveal())
      .update(`device request\0${row}\0${browser}`)
      .digest('base64url');
  }
}
