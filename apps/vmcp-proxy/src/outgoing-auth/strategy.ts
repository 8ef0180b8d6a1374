import type { BackendChallenge } from '@gatehouse/contracts/token-vault/backend-challenge';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Principal } from '../incoming-auth/principal.js';
import type { BackendCredential, CredentialHeader } from './credential-header.js';

export interface AskedCredential {
  readonly credential: BackendCredential;
  readonly useUntilMs: number;
}

/** A token that a backend just refused. */
export interface RefusedToken {
  /** SHA-256. */
  readonly digest: string;
  /** `scope` of the refusal, when it was for want of scopes (RFC 6750 section 3.1); otherwise the token itself was no good. */
  readonly lackingScope?: string;
  /** What the backend wants its person's sign-in to show, where it said so. */
  readonly challenge?: BackendChallenge;
}

/** How a backend gets its credential. */
export type OutgoingStrategy =
  | {
      /** The same for every caller, known from the start. */
      readonly kind: 'fixed';
      readonly header: CredentialHeader | undefined;
    }
  | {
      /** The caller's own, from the vault. */
      readonly kind: 'perUser';
      /** The providers whose connections it comes from. */
      readonly providers: readonly string[];
      /** Whether it may have another token where one has too few scopes. */
      readonly stepsUp: boolean;
      /** Whether a provider can be asked for what a backend wants its person's sign-in to show; absent: none can. */
      readonly hearsChallenges?: boolean;
      /** Names the credential that calls of a tool get; empty: the one of all other requests. Absent: there is one for all. */
      readonly varietyFor?: (tool: string) => string;
      /** Names the one token of the caller that it is for. Absent: it is for all tokens of a sign-in. */
      readonly tokenOf?: (principal: Principal) => string;
      /**
       * @param tool one that has a variety
       * @throws {GatehouseError} a code of the credential contracts, or `unavailable`.
       */
      ask(
        principal: Principal,
        refused: RefusedToken | undefined,
        deadlineAtMs: number,
        tool?: string,
      ): Promise<AskedCredential>;
    };

/** Codes that say: only the user can help, by connecting the provider. */
export const needsUser = ({ code }: GatehouseError): boolean =>
  code === 'connection_missing' || code === 'reauth_required' || code === 'insufficient_scope';
