import { Secret } from '@gatehouse/kernel/secret';

/** What authenticates one request to a backend. */
export interface CredentialHeader {
  /** Lower case. */
  readonly name: string;
  readonly value: Secret;
  /** SHA-256 of the token inside; absent where the vault cannot give another one. */
  readonly tokenDigest?: string;
}

export const bearer = (token: string, tokenDigest: string): CredentialHeader => ({
  name: 'authorization',
  value: new Secret(`Bearer ${token}`),
  tokenDigest,
});
