import { MessageOpener, newMessageKeyPair, sealMessage } from '@gatehouse/sealing/message-sealing';

/**
 * Where other replicas send what a client said to them and only this one can use. The address is the public half of a key
 * of its own: credentials from the vault are sealed for another one, so none of them could be sent here as what a client said.
 */
export class ReplicaMailbox {
  private constructor(
    /** X25519, base64url, 43 characters. */
    readonly address: string,
    private readonly opener: MessageOpener,
  ) {}

  static async make(): Promise<ReplicaMailbox> {
    const { publicKey, privateJwk } = await newMessageKeyPair();
    const { x } = publicKey;
    const opener = new MessageOpener([
      { publicKey: { ...publicKey, kid: x }, privateJwk: { ...privateJwk, kid: x } },
    ]);
    return new ReplicaMailbox(x, opener);
  }

  /** @throws {MessageNotForUs} */
  async open(sealed: string): Promise<unknown> {
    return await this.opener.open(sealed);
  }
}

/** Only the replica of that address can read it. @throws {Error} when that is no address. */
export const sealFor = async (address: string, value: unknown): Promise<string> =>
  await sealMessage(value, { kty: 'OKP', crv: 'X25519', x: address, kid: address });
