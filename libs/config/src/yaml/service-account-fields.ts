import { block, text } from './fields.js';

/** Callers that are programs of a cluster. */
export const kubernetesServiceAccount = block(
  'The callers are service accounts of a Kubernetes cluster, with tokens that the cluster made for `audience` (a projected volume, or `kubectl create token`). `issuer` is that of the cluster. Each account is a client of its own and has no scopes. Not with `authServer`.',
  {
    namespace: text('dnsLabel', 'The accounts of this namespace alone.', {
      derived: 'every namespace',
    }).exactOptional(),
    serviceAccount: text('identifier', 'This account of the namespace alone.', {
      derived: 'every account',
    }).exactOptional(),
    clusterAuthFolder: text(
      'filePath',
      'Absolute path of a folder with `token` and `ca.crt`, such as `/var/run/secrets/kubernetes.io/serviceaccount` in a pod: with them the cluster is asked for its keys, at a private address too. Both are read for each request, so that they may rotate.',
      { derived: 'the keys are public' },
    ).exactOptional(),
  },
);
