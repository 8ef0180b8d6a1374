import { sha256 } from '@gatehouse/kernel/digest';

export interface Approvable {
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  /** What the client will be able to use, and with which scopes. */
  readonly providers: readonly { readonly name: string; readonly scopes: readonly string[] }[];
}

/** Stands for what the user saw when approving. Order is of no account; anything added or changed gives another one. */
export function fingerprintOf({ redirectUris, scopes, providers }: Approvable): string {
  return sha256(
    JSON.stringify([
      [...redirectUris].sort(),
      [...scopes].sort(),
      providers
        .map(({ name, scopes: granted }) => [name, [...granted].sort()])
        .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    ]),
  );
}
