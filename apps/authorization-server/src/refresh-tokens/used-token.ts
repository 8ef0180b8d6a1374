/** What is known of a refresh token. */
export interface KnownToken {
  readonly isUsed: boolean;
  /** It was used just now (`GRACE_MS` of the store). */
  readonly isInGrace: boolean;
  /** Its successor has been exchanged, too. */
  readonly isSuccessorUsed: boolean;
  readonly sealedSuccessor: Buffer | undefined;
}

export type Theft = 'two_generations_old' | 'used_again_later';

export type Verdict =
  | { readonly kind: 'unused' }
  | { readonly kind: 'answer_again'; readonly sealedSuccessor: Buffer }
  /** Two parties hold it, and one of them stole it. */
  | { readonly kind: 'theft'; readonly sign: Theft }
  | { readonly kind: 'refuse' };

/**
 * A second use means a lost answer, a race of the client with itself, or a theft (docs/adr/0003-refresh-token-races.md).
 * Only the immediate predecessor of the current token can be one of the first two, and only for a moment.
 */
export function verdictOn(token: KnownToken | undefined): Verdict {
  // Its session has ended.
  if (token === undefined) return { kind: 'refuse' };
  if (!token.isUsed) return { kind: 'unused' };
  if (token.isSuccessorUsed) return { kind: 'theft', sign: 'two_generations_old' };
  if (!token.isInGrace) return { kind: 'theft', sign: 'used_again_later' };
  const { sealedSuccessor } = token;
  // A replica of the previous release used it up, and keeps no successor.
  return sealedSuccessor === undefined ? { kind: 'refuse' } : { kind: 'answer_again', sealedSuccessor };
}
