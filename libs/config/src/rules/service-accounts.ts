import { isAbsolute } from 'node:path';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';

const OIDC: Path = ['incomingAuth', 'oidc'];
const PLACE: Path = [...OIDC, 'kubernetesServiceAccount'];

/** Tokens of service accounts are taken as what they are: signed by the cluster, and without scopes. */
export const serviceAccounts: Rule = ({ authServer, incomingAuth }) => {
  if (incomingAuth.type !== 'oidc' || incomingAuth.oidc.kubernetesServiceAccount === undefined) return [];
  const { scopes, introspection, insecureAllowHttp, caBundle, kubernetesServiceAccount } = incomingAuth.oidc;
  const { namespace, serviceAccount, clusterAuthFolder: folder } = kubernetesServiceAccount;
  const related = [PLACE];
  const findings: (Finding | undefined)[] = [
    authServer && {
      path: PLACE,
      related: [['authServer']],
      message: 'With authServer, callers bring its tokens: those of service accounts are none.',
      instead: 'a gateway of its own for the programs of the cluster, without authServer',
    },
    scopes.length > 0
      ? {
          path: [...OIDC, 'scopes'],
          related,
          message: 'Tokens of service accounts have no scopes: nobody would get in.',
          instead: 'scopes: []',
        }
      : undefined,
    introspection && {
      path: [...OIDC, 'introspection'],
      related,
      message: 'Tokens of service accounts are signed JWTs, and a cluster has no introspection of RFC 7662.',
    },
    serviceAccount !== undefined && namespace === undefined
      ? {
          path: [...PLACE, 'serviceAccount'],
          message: 'Accounts of one name are in many namespaces: write the namespace too.',
          instead: 'namespace beside it',
        }
      : undefined,
    folder === undefined || isAbsolute(folder)
      ? undefined
      : { path: [...PLACE, 'clusterAuthFolder'], message: 'This has to be an absolute path.' },
    folder !== undefined && insecureAllowHttp
      ? {
          path: [...PLACE, 'clusterAuthFolder'],
          related: [[...OIDC, 'insecureAllowHttp']],
          message: 'The token of this pod would travel in the clear.',
          instead: 'an https issuer without insecureAllowHttp',
        }
      : undefined,
    folder !== undefined && caBundle !== undefined
      ? {
          path: [...OIDC, 'caBundle'],
          related,
          message: 'ca.crt of clusterAuthFolder is trusted, and nothing else: leave this out.',
        }
      : undefined,
  ];
  return findings.filter((finding) => finding !== undefined);
};
