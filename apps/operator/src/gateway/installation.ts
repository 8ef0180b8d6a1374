import type { ClusterObject } from '../cluster/objects.js';

/** Names the ConfigMap whose key `gatehouse.yaml` has what manifests cannot say: databases, bus, keys, listeners. */
export const INSTALLATION = 'gatehouse.dev/installation';

export const installationOf = ({ metadata }: ClusterObject): string | undefined =>
  metadata.annotations?.[INSTALLATION];
