import { Secret } from '@gatehouse/kernel/secret';

/** What authenticates one request to a backend. */
export interface CredentialHeader {
  /** Lower case. */
  readonly name: string;
  readonly value: Secret;
  /** SHA-256 of the token inside; absent when another one cannot be had by asking. */
  readonly tokenDigest?: string;
}

export const bearer = (token: string, tokenDigest: string): CredentialHeader => ({
  name: 'authorization',
  value: new Secret(`Bearer ${token}`),
  tokenDigest,
});
