import type { PartyEgress } from './egress-rules.js';
import type { TokenDestination } from './token-destination.js';

/** Who gets which role. One of the two is there. */
export interface RoleMapping {
  /** Whose `roleClaim` holds it. */
  readonly claim?: string;
  /** Of whose claims this is true (CEL). */
  readonly matcher?: string;
  readonly roleArn: string;
  /** The lowest one that fits counts; those without one come last, as they are written. */
  readonly priority?: number;
}

/**
 * Temporary credentials of AWS for the person (AssumeRoleWithWebIdentity). Requests to the backend are signed with them (Signature
 * Version 4); they are in no header.
 */
export interface AwsSts<S> extends PartyEgress<S>, Omit<TokenDestination, 'header'> {
  readonly type: 'awsSts';
  readonly header?: never;
  readonly region: string;
  /** As the backend is called in signatures. */
  readonly service: string;
  /** As written, or that of the region. */
  readonly stsUrl: string;
  /** For whom no mapping fits; absent: nothing. */
  readonly fallbackRoleArn?: string;
  readonly roleMappings: readonly RoleMapping[];
  /** Absent: {@link ROLE_CLAIM}. */
  readonly roleClaim?: string;
  readonly sessionDurationMs: number;
  readonly sessionNameClaim: string;
  /** Whose token is shown. Empty: not written, and several could be meant. */
  readonly subjectProviderName: string;
  /** In its place: the token with which the caller came, of the external issuer. */
  readonly subjectFromCaller?: true;
  readonly subjectTokenType: 'id_token' | 'access_token';
  readonly timeoutMs: number;
}

export const ROLE_CLAIM = 'groups';
