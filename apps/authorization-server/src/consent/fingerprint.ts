import { sha256 } from '@gatehouse/kernel/digest';
import { isLoopbackRedirect } from '@gatehouse/config/urls/client-uris';

export interface Approvable {
  readonly clientId: string;
  /** The name that the page shows. */
  readonly clientName: string;
  /** Where the code goes this time. A client with several redirect URIs is approved for the one that was shown. */
  readonly redirectUri: string;
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  /** A part of the gateway that the tokens are for; absent: all of it. */
  readonly part?: string;
  /** What the client will be able to use, and with which scopes. */
  readonly providers: readonly {
    readonly name: string;
    readonly scopes: readonly string[];
    /** Where the account of this provider is used. */
    readonly backends?: readonly string[];
  }[];
  /** Backends that the person enters a secret for, by what it is called. */
  readonly secrets?: readonly { readonly label: string; readonly backends: readonly string[] }[];
  /** What scopes let it do, as the page says it. */
  readonly scopedUses?: readonly unknown[];
  /** Every backend behind what the tokens are for, by name. */
  readonly backends?: readonly string[];
}

/** Stands for what the person saw when approving. The order of lists does not matter; any addition or change does. */
export function fingerprintOf(approvable: Approvable): string {
  const {
    clientId,
    clientName,
    redirectUri,
    redirectUris,
    scopes,
    part,
    providers,
    secrets = [],
    scopedUses = [],
    backends = [],
  } = approvable;
  return sha256(
    JSON.stringify([
      clientId,
      clientName,
      placeOf(redirectUri),
      [...redirectUris].sort(),
      [...scopes].sort(),
      providers
        .map(({ name, scopes: granted, backends: its = [] }) => [name, [...granted].sort(), [...its].sort()])
        .sort(byName),
      ...(part === undefined ? [] : [part]),
      ...(scopedUses.length === 0 ? [] : [scopedUses.map((use) => JSON.stringify(use)).sort()]),
      ...(backends.length === 0 ? [] : [{ backends: [...backends].sort() }]),
      ...(secrets.length === 0
        ? []
        : [{ secrets: secrets.map(({ label, backends: its }) => [label, [...its].sort()]).sort(byName) }]),
    ]),
  );
}

const byName = (a: readonly unknown[], b: readonly unknown[]): number =>
  String(a[0]) < String(b[0]) ? -1 : 1;

/** The whole URI, without the port of an installed application, which changes each time (RFC 8252, section 7.3). */
function placeOf(redirectUri: string): string {
  if (!isLoopbackRedirect(redirectUri)) return redirectUri;
  const url = new URL(redirectUri);
  url.port = '';
  return url.href;
}
