import type { Changes } from '../configuration.fixture.js';
import { NO_PROVIDER_STRATEGIES, type Row } from './row.fixture.js';

const OIDC = 'incomingAuth.oidc';
const CALLERS = `${OIDC}.kubernetesServiceAccount`;
const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

const ofCluster = (callers: object, more: object = {}): Changes => ({
  ...NO_PROVIDER_STRATEGIES,
  incomingAuth: {
    type: 'oidc',
    oidc: { issuer: 'https://kubernetes.default.svc', kubernetesServiceAccount: callers, ...more },
  },
});

/** What the rules refuse of callers that are service accounts. */
export const SERVICE_ACCOUNT_ROWS: readonly Row[] = [
  [
    'service accounts beside an authorization server',
    { incomingAuth: { type: 'oidc', oidc: { kubernetesServiceAccount: {} } } },
    CALLERS,
    /callers bring its tokens/,
    /a gateway of its own/,
  ],
  [
    'scopes that service accounts do not have',
    ofCluster({}, { scopes: ['openid'] }),
    `${OIDC}.scopes`,
    /nobody would get in/,
    'scopes: []',
  ],
  [
    'introspection of tokens of service accounts',
    ofCluster(
      {},
      {
        introspection: {
          url: 'https://kubernetes.default.svc/introspect',
          clientId: 'gatehouse',
          clientSecret: { env: 'OCTO_CLIENT_SECRET' },
        },
      },
    ),
    `${OIDC}.introspection`,
    /signed JWTs/,
  ],
  [
    'a service account of any namespace (somebody else makes one of that name)',
    ofCluster({ serviceAccount: 'nightly' }),
    `${CALLERS}.serviceAccount`,
    /in many namespaces/,
    /namespace/,
  ],
  [
    'tokens of service accounts for the API server itself',
    ofCluster({}, { audience: 'https://kubernetes.default.svc' }),
    `${OIDC}.audience`,
    /can act as that account in the cluster/,
    /an audience of this gateway alone/,
  ],
  [
    'tokens of service accounts for the API server, by its longer name',
    ofCluster({}, { audience: 'https://kubernetes.default.svc.cluster.local' }),
    `${OIDC}.audience`,
    /can act as that account in the cluster/,
  ],
  [
    'the user name of a service account in the place of its name',
    ofCluster({ namespace: 'agents', serviceAccount: 'system:serviceaccount:agents:nightly' }),
    `${CALLERS}.serviceAccount`,
    /no name of an account/,
    /serviceAccount: nightly/,
  ],
  [
    'a folder of the cluster that is no absolute path',
    ofCluster({ clusterAuthFolder: 'serviceaccount' }),
    `${CALLERS}.clusterAuthFolder`,
    /absolute path/,
  ],
  [
    'the token of a pod in the clear',
    ofCluster({ clusterAuthFolder: FOLDER }, { insecureAllowHttp: true }),
    `${CALLERS}.clusterAuthFolder`,
    /in the clear/,
    /https issuer/,
  ],
  [
    'other authorities beside those of the cluster',
    ofCluster({ clusterAuthFolder: FOLDER }, { caBundle: { env: 'AUTHORITY' } }),
    `${OIDC}.caBundle`,
    /nothing else/,
  ],
];
