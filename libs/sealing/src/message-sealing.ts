import {
  CompactEncrypt,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type CryptoKey,
  type JWK,
} from 'jose';
import { randomUUID } from 'node:crypto';

const KEY_AGREEMENT = 'ECDH-ES';
const CONTENT_ENCRYPTION = 'A256GCM';

/** Public half of a recipient's key; sent along with a request so that the reply can be sealed for it. */
export interface PublicMessageKey {
  readonly kty: 'OKP';
  readonly crv: 'X25519';
  readonly x: string;
  readonly kid: string;
}

export interface MessageKeyPair {
  readonly publicKey: PublicMessageKey;
  /** Private JWK (RFC 8037). Kept in memory, or sealed where replicas share it. */
  readonly privateJwk: JWK;
}

/** The message was not sealed for this key, or was changed on the way. */
export class MessageNotForUs extends Error {
  override readonly name = 'MessageNotForUs';
}

export async function newMessageKeyPair(): Promise<MessageKeyPair> {
  const { privateKey } = await generateKeyPair(KEY_AGREEMENT, { crv: 'X25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  if (jwk.x === undefined) throw new Error('an X25519 key without x');
  const kid = randomUUID();
  return { publicKey: { kty: 'OKP', crv: 'X25519', x: jwk.x, kid }, privateJwk: { ...jwk, kid } };
}

/** Seals a JSON value for one recipient: a compact JWE (RFC 7516), ECDH-ES over X25519 with A256GCM. */
export async function sealMessage(value: unknown, recipient: PublicMessageKey): Promise<string> {
  const key = await importJWK({ ...recipient }, KEY_AGREEMENT);
  return await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(value)))
    .setProtectedHeader({ alg: KEY_AGREEMENT, enc: CONTENT_ENCRYPTION, kid: recipient.kid })
    .encrypt(key);
}

/** Opens messages with a set of private keys, chosen by the `kid` of the message. */
export class MessageOpener {
  readonly #keys = new Map<string, Promise<CryptoKey | Uint8Array>>();

  constructor(pairs: readonly MessageKeyPair[]) {
    for (const { publicKey, privateJwk } of pairs)
      this.#keys.set(publicKey.kid, importJWK(privateJwk, KEY_AGREEMENT));
  }

  /** @returns the JSON value inside; its shape is for the caller to check. @throws {MessageNotForUs} */
  async open(message: string): Promise<unknown> {
    try {
      const { plaintext } = await compactDecrypt(
        message,
        async ({ kid }) => {
          const key = kid === undefined ? undefined : this.#keys.get(kid);
          if (key === undefined) throw new MessageNotForUs('sealed for a key that is not ours');
          return await key;
        },
        { keyManagementAlgorithms: [KEY_AGREEMENT], contentEncryptionAlgorithms: [CONTENT_ENCRYPTION] },
      );
      return JSON.parse(new TextDecoder().decode(plaintext)) as unknown;
    } catch (error) {
      throw error instanceof MessageNotForUs ? error : new MessageNotForUs('the message does not open');
    }
  }
}
