import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Principal } from '../incoming-auth/principal.js';
import type { CredentialHeader } from './credential-header.js';

export interface AskedCredential {
  readonly header: CredentialHeader;
  readonly useUntilMs: number;
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
      /** The provider whose connection it comes from, if any. */
      readonly provider: string | undefined;
      /**
       * @param refused SHA-256 of a token that the backend just refused.
       * @throws {GatehouseError} a code of the credential contracts, or `unavailable`.
       */
      ask(principal: Principal, refused: string | undefined, deadlineAtMs: number): Promise<AskedCredential>;
    };

/** Codes that say: only the user can help, by connecting the provider. */
export const needsUser = (error: GatehouseError): boolean =>
  error.code === 'connection_missing' || error.code === 'reauth_required';
