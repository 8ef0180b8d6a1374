import type { IssuerName } from '../parts.js';
import { FaultBoard } from './faults.js';
import { Ledger } from './ledger.js';

/** What a running part lets the control server do to it. */
export interface ControlledPart {
  /** Ends every access token now; answers how many. */
  readonly expireAccessTokens?: () => number;
  /** Ends every refresh token now; answers how many. */
  readonly revokeRefreshTokens?: () => number;
  /** Forgets every MCP session; answers how many. */
  readonly forgetSessions?: () => number;
}

/** Shared by the parts of one world when it runs under test control; absent otherwise. */
export class TestControl {
  readonly faults = new FaultBoard();
  readonly ledger = new Ledger();
  /** Of persons, by their login names. */
  readonly groups = new Map<string, readonly string[]>();
  readonly #ended = new Set<string>();

  /** Marks every access token that an issuer of signed tokens has given out as ended; answers how many were new. */
  endSignedTokens(part: IssuerName): number {
    const before = this.#ended.size;
    for (const issued of this.ledger.issued)
      if (issued.part === part && issued.kind === 'access_token') this.#ended.add(issued.value);
    return this.#ended.size - before;
  }

  /** Whether a signed token was ended before its time. */
  isEnded(token: string): boolean {
    return this.#ended.has(token);
  }
}
