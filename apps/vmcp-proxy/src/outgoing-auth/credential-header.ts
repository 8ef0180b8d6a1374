import type { TokenDestination } from '@gatehouse/config/model/token-destination';
import { Secret } from '@gatehouse/kernel/secret';

/** Which version of which of the vault's connections a credential came from. */
export interface ConnectionVersion {
  readonly id: string;
  readonly version: number;
  /** Since when it leads to the account that it leads to now; absent: the vault did not say. */
  readonly connectedAtMs?: number;
}

/** The account of a provider that a credential is for; `undefined`: its person has no other one there. */
export const accountOf = (connection: ConnectionVersion | undefined): string | undefined =>
  connection && `${connection.id} ${connection.connectedAtMs ?? ''}`;

/** Who notes what a request was sent with. */
export interface CredentialUse {
  connection: ConnectionVersion | undefined;
}

/** What authenticates one request to a backend. */
export interface CredentialHeader {
  /** Lower case. */
  readonly name: string;
  readonly value: Secret;
  /** Patterns of the hosts that it may go to; absent: that of the backend, whatever it is. */
  readonly allowedHosts?: readonly string[];
  /** SHA-256 of the token inside; absent where the vault cannot give another one. */
  readonly tokenDigest?: string;
  /** Absent where it came from no connection. */
  readonly connection?: ConnectionVersion;
}

/** A token as the strategy of its backend wants it sent; `Authorization: Bearer` where it says nothing. */
export function tokenHeader(
  token: string,
  tokenDigest: string,
  connection?: ConnectionVersion,
  { header, allowedHosts }: TokenDestination = {},
): CredentialHeader {
  const { headerName, scheme } = header ?? BEARER;
  return {
    name: headerName.toLowerCase(),
    value: new Secret(scheme === '' ? token : `${scheme} ${token}`),
    tokenDigest,
    ...(connection === undefined ? {} : { connection }),
    ...(allowedHosts === undefined ? {} : { allowedHosts }),
  };
}

const BEARER = { headerName: 'authorization', scheme: 'Bearer' };
