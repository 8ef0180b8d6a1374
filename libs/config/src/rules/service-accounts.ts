import { isAbsolute } from 'node:path';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { IncomingOidc, ServiceAccountCallers } from '../model/incoming-auth.js';
import type { Rule } from './rule.js';

const OIDC: Path = ['incomingAuth', 'oidc'];
const PLACE: Path = [...OIDC, 'kubernetesServiceAccount'];

/** A DNS subdomain, as Kubernetes has it. */
const NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

/** What every pod has a token for, with which it asks the API server. */
const isOfTheCluster = ({
  audience,
  issuer,
}: {
  readonly audience: string;
  readonly issuer: string;
}): boolean => audience === issuer || /^https:\/\/kubernetes\.default\.svc(?:[:./]|$)/.test(audience);

/** Tokens of service accounts are taken as what they are: signed by the cluster, and without scopes. */
export const serviceAccounts: Rule = ({ authServer, incomingAuth }) => {
  if (incomingAuth.type !== 'oidc') return [];
  const { oidc } = incomingAuth;
  const { kubernetesServiceAccount: callers } = oidc;
  if (callers === undefined) return [];
  const findings: (Finding | undefined)[] = [
    authServer && {
      path: PLACE,
      related: [['authServer']],
      message: 'With authServer, callers bring its tokens: those of service accounts are none.',
      instead: 'a gateway of its own for the programs of the cluster, without authServer',
    },
    ...tokenFindings(oidc),
    ...nameFindings(callers),
    ...folderFindings(oidc, callers.clusterAuthFolder),
  ];
  return findings.filter((finding) => finding !== undefined);
};

type Oidc = IncomingOidc<unknown>['oidc'];
type Findings = readonly (Finding | undefined)[];

const tokenFindings = (oidc: Oidc): Findings => [
  oidc.scopes.length > 0
    ? {
        path: [...OIDC, 'scopes'],
        related: [PLACE],
        message: 'Tokens of service accounts have no scopes: nobody would get in.',
        instead: 'scopes: []',
      }
    : undefined,
  oidc.introspection && {
    path: [...OIDC, 'introspection'],
    related: [PLACE],
    message: 'Tokens of service accounts are signed JWTs, and a cluster has no introspection of RFC 7662.',
  },
  isOfTheCluster(oidc)
    ? {
        path: [...OIDC, 'audience'],
        related: [PLACE],
        message:
          'Tokens with this audience are for the API server: whoever gets one can act as that account in the cluster.',
        instead: 'an audience of this gateway alone, which the projected volume of each caller names as well',
      }
    : undefined,
];

const nameFindings = ({ namespace, serviceAccount }: ServiceAccountCallers): Findings => [
  serviceAccount === undefined || NAME.test(serviceAccount)
    ? undefined
    : {
        path: [...PLACE, 'serviceAccount'],
        message: 'This is no name of an account: write what stands in its metadata.name.',
        instead: 'namespace: agents, and serviceAccount: nightly, for system:serviceaccount:agents:nightly',
      },
  serviceAccount !== undefined && namespace === undefined
    ? {
        path: [...PLACE, 'serviceAccount'],
        message: 'Accounts of one name are in many namespaces: write the namespace too.',
        instead: 'namespace beside it',
      }
    : undefined,
];

const folderFindings = ({ insecureAllowHttp, caBundle }: Oidc, folder: string | undefined): Findings =>
  folder === undefined
    ? []
    : [
        isAbsolute(folder)
          ? undefined
          : { path: [...PLACE, 'clusterAuthFolder'], message: 'This has to be an absolute path.' },
        insecureAllowHttp
          ? {
              path: [...PLACE, 'clusterAuthFolder'],
              related: [[...OIDC, 'insecureAllowHttp']],
              message: 'The token of this pod would travel in the clear.',
              instead: 'an https issuer without insecureAllowHttp',
            }
          : undefined,
        caBundle !== undefined
          ? {
              path: [...OIDC, 'caBundle'],
              related: [PLACE],
              message: 'ca.crt of clusterAuthFolder is trusted, and nothing else: leave this out.',
            }
          : undefined,
      ];
