import type { z } from 'zod';
import type { AccountId, ConnectionId } from '@gatehouse/kernel/ids';
import { isSameParty, type IssuedTo } from '../backend-oauth/issued-to.js';
import type { Keyring, SealedFor } from '../keyring/keyring.js';
import {
  peek,
  revocable,
  revocableOf,
  tokenAnswer,
  tokenSet,
  type RevocableToken,
  type TokenAnswer,
  type TokenSet,
} from '../providers/token-answer.js';
import type { ConnectionRow } from './connection-row.js';

/** Names one connection. Everything that is sealed for it is bound to these three. */
export interface ConnectionKey {
  readonly id: ConnectionId;
  readonly accountId: AccountId;
  readonly provider: string;
}

/** What a row holds. Absent: nothing was kept. */
export interface OpenedConnection {
  readonly tokens: TokenSet;
  readonly answer: TokenAnswer | undefined;
}

/** Seals and opens what is stored of one connection. What was sealed for another one does not open. */
export class ConnectionSeal {
  readonly #tokens: SealedFor;
  readonly #answer: SealedFor;
  readonly #copy: SealedFor;

  constructor(
    private readonly keyring: Keyring,
    { accountId, provider, id }: ConnectionKey,
  ) {
    const owner = [accountId, provider, id] as const;
    this.#tokens = { kind: 'connection', owner };
    this.#answer = { kind: 'kept_answer', owner: [...owner, 'answer'] };
    this.#copy = { kind: 'answer_copy', owner: [...owner, 'answer', 'copy'] };
  }

  sealTokens(tokens: TokenSet): Buffer {
    return this.keyring.seal(tokens, this.#tokens);
  }

  sealAnswer(answer: TokenAnswer): Buffer {
    return this.keyring.seal(answer, this.#answer);
  }

  /** Seals what is kept of an answer outside the database. */
  sealCopy(copy: unknown): Buffer {
    return this.keyring.seal(copy, this.#copy);
  }

  openCopy<Shape extends z.ZodType>(shape: Shape, sealed: Buffer): z.output<Shape> | undefined {
    return this.keyring.open(shape, sealed, this.#copy);
  }

  protected openTokens(sealed: Buffer, how: 'report' | 'quietly'): TokenSet | undefined {
    return how === 'report'
      ? this.keyring.open(tokenSet, sealed, this.#tokens)
      : this.keyring.openAgain(tokenSet, sealed, this.#tokens);
  }

  protected openAnswer(sealed: Buffer, how: 'report' | 'quietly'): TokenAnswer | undefined {
    return how === 'report'
      ? this.keyring.open(tokenAnswer, sealed, this.#answer)
      : this.keyring.openAgain(tokenAnswer, sealed, this.#answer);
  }
}

/** One account at one provider, as it was when its row was read. It opens what the row holds. */
export class Connection extends ConnectionSeal implements ConnectionKey {
  readonly id: ConnectionId;
  readonly accountId: AccountId;
  readonly provider: string;

  constructor(
    readonly row: ConnectionRow,
    keyring: Keyring,
  ) {
    super(keyring, row);
    ({ id: this.id, accountId: this.accountId, provider: this.provider } = row);
  }

  /** `undefined`: they do not open. Operators are told, unless that is known already. */
  tokens(how: 'report' | 'quietly' = 'report'): TokenSet | undefined {
    return this.openTokens(this.row.tokens, how);
  }

  refreshToken(): string | undefined {
    return this.tokens()?.refreshToken;
  }

  /** Tokens and kept answer, or `undefined` when one of the two is there and does not open. */
  opened(how: 'report' | 'quietly' = 'report'): OpenedConnection | undefined {
    const tokens = this.tokens(how);
    const { answer: sealed } = this.row;
    const answer = sealed === null ? undefined : this.openAnswer(sealed, how);
    if (tokens === undefined || (sealed !== null && answer === undefined)) return undefined;
    return { tokens, answer };
  }

  /**
   * An answer that is not published yet holds the refresh token that works.
   * @param issuedTo for what it has to have been issued: it goes back to that party alone
   */
  newestRefreshToken(issuedTo: IssuedTo | undefined): string | undefined {
    const answer = this.#keptAnswer();
    const kept = answer === undefined ? undefined : peek(answer.body)?.refresh_token;
    if (kept !== undefined && isSameParty(answer?.issuedTo, issuedTo)) return kept;
    const published = this.tokens();
    return isSameParty(published?.issuedTo, issuedTo) ? published?.refreshToken : undefined;
  }

  /** Whether its tokens are of this party, as this client. */
  isOf(issuedTo: IssuedTo | undefined): boolean {
    return isSameParty(this.tokens()?.issuedTo, issuedTo);
  }

  /**
   * Whether its person entered it, instead of a provider giving it (docs/adr/0054). A name can mean the one in one configuration, and
   * the other in the next; what is stored under it stays what it is.
   */
  get isEntered(): boolean {
    return this.row.subject === this.row.accountId;
  }

  /** Every token that ends a grant at the provider. What does not open cannot be given back; what was entered goes back to nobody. */
  revocables(): readonly RevocableToken[] {
    if (this.isEntered) return [];
    const tokens = this.tokens();
    const answer = this.#keptAnswer();
    return [tokens && revocableOf(tokens), answer && revocable(answer)].filter(
      (token) => token !== undefined,
    );
  }

  #keptAnswer(): TokenAnswer | undefined {
    return this.row.answer === null ? undefined : this.openAnswer(this.row.answer, 'report');
  }
}
