import { hkdfSync } from 'node:crypto';
import { sha256 } from '@gatehouse/kernel/digest';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { Envelope } from '@gatehouse/sealing/envelope';

/** A refresh token as its client presented it. */
export interface PresentedToken {
  readonly value: string;
  readonly tsid: SessionId;
  readonly accountId: AccountId;
  readonly clientId: string;
}

/**
 * Seals the successor of a refresh token, so that it can be given again. Opening needs the server's key and the used token
 * together. Only the client has the token, so a reader of the database opens nothing, even with the key.
 */
export class SuccessorSeal {
  constructor(
    private readonly envelope: Envelope,
    private readonly gatewayName: string,
  ) {}

  seal(successor: string, predecessor: PresentedToken): Buffer {
    const owner = this.#owner(predecessor);
    return this.envelope.seal(ownEnvelope(predecessor).seal(successor, owner).toString('base64url'), owner);
  }

  /** @throws {SealBroken} when it was sealed for another token, session, account or client, or with another key. */
  open(sealed: Uint8Array, predecessor: PresentedToken): string {
    const owner = this.#owner(predecessor);
    const inner = Buffer.from(this.envelope.open(sealed, owner), 'base64url');
    return ownEnvelope(predecessor).open(inner, owner);
  }

  readonly #owner = ({ value, tsid, accountId, clientId }: PresentedToken): readonly string[] => [
    this.gatewayName,
    'refresh-token-successor',
    tsid,
    accountId,
    clientId,
    sha256(value),
  ];
}

/** Its key is derived from the token alone, which has 256 random bits (HKDF, RFC 5869). */
function ownEnvelope({ value }: PresentedToken): Envelope {
  const key = Buffer.from(hkdfSync('sha256', value, '', 'gatehouse refresh token successor', 32));
  return new Envelope([{ id: 'predecessor', key: new Secret(key.toString('base64url')) }]);
}
