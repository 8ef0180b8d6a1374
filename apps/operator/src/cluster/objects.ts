import type { Kind } from '@gatehouse/config/manifest-fields/kinds';

/** An object of one of our kinds, as the API gives it. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: unknown;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Status;
}

export interface Status {
  readonly conditions?: readonly Condition[];
  readonly [field: string]: unknown;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** A Secret or a ConfigMap that somebody names. */
export interface NamedObject {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
}

/** What is in it: texts by their keys, those of a Secret decoded. Or why nobody knows. */
export type ReadObject =
  | { readonly is: 'there'; readonly data: Readonly<Record<string, string>> }
  | { readonly is: 'missing' }
  | { readonly is: 'forbidden' };

export const nameOf = ({ kind, name }: NamedObject): string => `${kind}/${name}`;

/** As problems of the configuration name it. */
export const labelOf = ({ kind, metadata }: ClusterObject): string => `${kind}/${metadata.name}`;
