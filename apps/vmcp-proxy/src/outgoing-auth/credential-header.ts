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
  /** SHA-256 of the token inside; absent where the vault cannot give another one. */
  readonly tokenDigest?: string;
  /** Absent where it came from no connection. */
  readonly connection?: ConnectionVersion;
}

export const bearer = (
  token: string,
  tokenDigest: string,
  connection?: ConnectionVersion,
): CredentialHeader => ({
  name: 'authorization',
  value: new Secret(`Bearer ${token}`),
  tokenDigest,
  ...(connection === undefined ? {} : { connection }),
});
