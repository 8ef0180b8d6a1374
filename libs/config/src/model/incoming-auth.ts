import type { PartyEgress } from './egress-rules.js';

export interface IncomingOidc<S> {
  readonly type: 'oidc';
  readonly oidc: {
    readonly issuer: string;
    readonly audience: string;
    readonly resourceUrl: string;
    /** What the protected-resource metadata and the challenge name. */
    readonly scopes: readonly string[];
    /** Where the keys are fetched; absent: found through the issuer's metadata. */
    readonly jwksUrl?: string;
  } & PartyEgress<S>;
}

/** Development only: every caller is the same person. */
interface IncomingAnonymous {
  readonly type: 'anonymous';
}

export type IncomingAuth<S> = IncomingOidc<S> | IncomingAnonymous;
