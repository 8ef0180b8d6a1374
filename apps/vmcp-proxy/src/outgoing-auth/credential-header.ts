import type { TokenDestination } from '@gatehouse/config/model/token-destination';
import type { SigningScope } from '@gatehouse/config/issued-token-view';
import type { ReleasedCredential } from '@gatehouse/contracts/token-vault/credential';
import { sha256 } from '@gatehouse/kernel/digest';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Secret } from '@gatehouse/kernel/secret';
import { awsSignature, type SignRequest } from './request-signature.js';

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
  /** The entry of the custody log about the credential's release. */
  release?: string | undefined;
}

/** What authenticates requests to a backend: a header, or a signature of each. */
export type BackendCredential = CredentialHeader | SigningCredential;

export interface CredentialHeader extends CredentialFacts {
  /** Lower case. */
  readonly name: string;
  readonly value: Secret;
}

interface SigningCredential extends CredentialFacts {
  readonly sign: SignRequest;
}

interface CredentialFacts {
  /** Patterns of the hosts that it may go to; absent: that of the backend, whatever it is. */
  readonly allowedHosts?: readonly string[];
  /** SHA-256 of the token inside; absent where the vault cannot give another one. */
  readonly tokenDigest?: string;
  /** Absent where it came from no connection. */
  readonly connection?: ConnectionVersion;
  /** The entry of the custody log about its release; absent where the vault released nothing, or did not say. */
  readonly release?: string;
}

/** How a credential of the vault is used. */
export interface ReplyUse extends TokenDestination {
  /** Requests are signed with it. */
  readonly signing?: SigningScope;
}

type Released = Pick<ReleasedCredential, 'accessToken' | 'signingKey'>;

/** @throws {GatehouseError} `internal` where it cannot be used as its strategy wants: the other way would show it to somebody. */
export function credentialOf(
  { accessToken, signingKey }: Released,
  connection: ConnectionVersion | undefined,
  { signing, ...destination }: ReplyUse = {},
): BackendCredential {
  const tokenDigest = sha256(accessToken);
  if (signing === undefined && signingKey === undefined)
    return tokenHeader(accessToken, tokenDigest, connection, destination);
  if (signing === undefined || signingKey === undefined)
    throw new GatehouseError('internal', 'a credential is of another kind than its strategy');
  const { allowedHosts } = destination;
  return {
    sign: awsSignature({ ...signingKey, sessionToken: accessToken }, signing),
    tokenDigest,
    ...(connection === undefined ? {} : { connection }),
    ...(allowedHosts === undefined ? {} : { allowedHosts }),
  };
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
