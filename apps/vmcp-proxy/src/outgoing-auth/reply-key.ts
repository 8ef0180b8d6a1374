import { releasedCredential } from '@gatehouse/contracts/token-vault/credential';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { ClockSkews } from '@gatehouse/observability/clock-skews';
import { MessageOpener, newMessageKeyPair, type PublicMessageKey } from '@gatehouse/sealing/message-sealing';
import { credentialOf, type ConnectionVersion, type ReplyUse } from './credential-header.js';
import type { AskedCredential } from './strategy.js';

/** The key of this process. Only this process can read what the vault answers to it. */
export class ReplyKey {
  private constructor(
    readonly publicKey: PublicMessageKey,
    private readonly opener: MessageOpener,
    private readonly clocks: Pick<ClockSkews, 'note'>,
  ) {}

  static async make(clocks: Pick<ClockSkews, 'note'>): Promise<ReplyKey> {
    const pair = await newMessageKeyPair();
    return new ReplyKey(pair.publicKey, new MessageOpener([pair]), clocks);
  }

  /** Asks and opens the reply. @throws {GatehouseError} what `ask` throws; `internal` when it was not sealed for us. */
  async answerTo(
    ask: () => Promise<{ readonly sealed: string }>,
    destination?: ReplyUse,
  ): Promise<AskedCredential> {
    const askedAtMs = Date.now();
    const { sealed } = await ask();
    const answeredAtMs = Date.now();
    const parsed = releasedCredential.safeParse(await this.opener.open(sealed).catch(() => undefined));
    if (!parsed.success) throw new GatehouseError('internal', 'a credential reply does not open');
    const { accessToken, signingKey, useUntilMs, useForMs, connection, connectedAtMs, release } = parsed.data;
    const credential = credentialOf(
      { accessToken, signingKey },
      connection && dated(connection, connectedAtMs),
      destination,
    );
    // Both times are those of the release by the vault.
    if (useForMs !== undefined && useForMs > 0)
      this.clocks.note('token-vault', { askedAtMs, answeredAtMs, theirsMs: useUntilMs - useForMs });
    return {
      credential: release === undefined ? credential : { ...credential, release },
      useUntilMs: useForMs === undefined ? useUntilMs : Date.now() + useForMs,
    };
  }
}

const dated = (connection: ConnectionVersion, connectedAtMs: number | undefined): ConnectionVersion =>
  connectedAtMs === undefined ? connection : { ...connection, connectedAtMs };
