import type { PartyEgress } from './egress-rules.js';

/** Who says who a person is, to a client that hands it on (RFC 7521, section 5.1): the issuer of an ID-JAG. */
export interface AssertionIssuer<S> extends PartyEgress<S> {
  /** Its `iss`, compared exactly. */
  readonly issuer: string;
  /** Where its keys are fetched; absent: found through its metadata. */
  readonly jwksUrl?: string;
  /** The claim that is the person's subject at the primary provider. */
  readonly subjectClaim: string;
  /** The one tenant whose people are meant. Absent: it names none. */
  readonly tenant?: string;
  /** From `iat` to `exp`, and from `iat` to now. */
  readonly maxAssertionLifespanMs: number;
  readonly clockToleranceMs: number;
}
