import type { PartyEgress } from './egress-rules.js';

/** RFC 7662. */
export interface Introspection<S> {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: S;
}

/** Where a pod has the token of its own account. */
export const POD_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Service accounts of a Kubernetes cluster as callers, each of which is its own client. */
export interface ServiceAccountCallers {
  /** Absent: those of every namespace. */
  readonly namespace?: string;
  /** Absent: every one of the namespace. */
  readonly serviceAccount?: string;
  /** Holds `token` and `ca.crt`, with which the cluster is asked for its keys. Absent: it is asked as others are. */
  readonly clusterAuthFolder?: string;
}

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
    /** Where the issuer is asked about tokens that are no JWTs; absent: there are none. */
    readonly introspection?: Introspection<S>;
    readonly kubernetesServiceAccount?: ServiceAccountCallers;
  } & PartyEgress<S>;
}

/** Development only: every caller is the same person. */
interface IncomingAnonymous {
  readonly type: 'anonymous';
}

export type IncomingAuth<S> = IncomingOidc<S> | IncomingAnonymous;
