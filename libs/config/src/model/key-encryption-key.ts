/** `key` reveals base64url of exactly 32 bytes, whatever encoding was written. The first of a list seals, all open. */
export interface KeyEncryptionKey<S> {
  readonly id: string;
  readonly key: S;
}
