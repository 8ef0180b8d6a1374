import { releasedCredential } from '@gatehouse/contracts/token-vault/credential';
import { sha256 } from '@gatehouse/kernel/digest';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { MessageOpener, newMessageKeyPair, type PublicMessageKey } from '@gatehouse/sealing/message-sealing';
import { bearer } from './credential-header.js';
import type { AskedCredential } from './strategy.js';

/** This process's key: what the vault answers can be read here and nowhere else. */
export class ReplyKey {
  private constructor(
    readonly publicKey: PublicMessageKey,
    private readonly opener: MessageOpener,
  ) {}

  static async make(): Promise<ReplyKey> {
    const pair = await newMessageKeyPair();
    return new ReplyKey(pair.publicKey, new MessageOpener([pair]));
  }

  /** Opens a credential reply. @throws {GatehouseError} `internal` when it was not sealed for us. */
  async open(sealed: string): Promise<AskedCredential> {
    const parsed = releasedCredential.safeParse(await this.opener.open(sealed).catch(() => undefined));
    if (!parsed.success) throw new GatehouseError('internal', 'a credential reply does not open');
    const { accessToken, useUntilMs, useForMs } = parsed.data;
    return {
      header: bearer(accessToken, sha256(accessToken)),
      useUntilMs: useForMs === undefined ? useUntilMs : Date.now() + useForMs,
    };
  }
}
