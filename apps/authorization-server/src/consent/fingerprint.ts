import { sha256 } from '@gatehouse/kernel/digest';
import { isLoopback } from '../clients/redirect-uris.js';

export interface Approvable {
  /** Where the code goes this time: a client that registered several places is approved for the one that was shown. */
  readonly redirectUri: string;
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  /** What the client will be able to use, and with which scopes. */
  readonly providers: readonly { readonly name: string; readonly scopes: readonly string[] }[];
}

/** Stands for what the user saw when approving. Order is of no account; anything added or changed gives another one. */
export function fingerprintOf({ redirectUri, redirectUris, scopes, providers }: Approvable): string {
  return sha256(
    JSON.stringify([
      placeOf(redirectUri),
      [...redirectUris].sort(),
      [...scopes].sort(),
      providers
        .map(({ name, scopes: granted }) => [name, [...granted].sort()])
        .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    ]),
  );
}

/** An installed application's port is another one each time (RFC 8252, section 7.3); the user's own machine is one place. */
function placeOf(redirectUri: string): string {
  if (isLoopback(redirectUri)) return 'loopback';
  const url = URL.parse(redirectUri);
  return url === null ? redirectUri : `${url.protocol}//${url.host}`;
}
