/** The demonstration's strangers in the cluster, as docker-compose.yml has them: two identity providers, a token exchange endpoint, two servers. */
import { FULL_NAME } from './cluster.mjs';

export const PORTS = { 'acme-sso': 4486, octo: 4487, sts: 4488, repos: 4489, tickets: 4490 };

const LABELS = { 'app.kubernetes.io/name': 'gatehouse-demonstration' };

/** Their pods, as a peer of NetworkPolicies. */
export const peer = { podSelector: { matchLabels: LABELS } };

/** What a browser finds at localhost beside the gateway. */
export const BROWSER_WAYS = ['acme-sso', 'octo'].map((part) => ({
  port: PORTS[part],
  to: `${part}:${PORTS[part]}`,
}));

const FLAGS = [
  '--host=0.0.0.0',
  ...Object.entries(PORTS).map(([part, port]) => `--${part}-url=http://${part}:${port}`),
  `--acme-sso-browser-url=http://localhost:${PORTS['acme-sso']}`,
  '--gateway-issuer=http://localhost:4484',
  `--gateway-jwks-url=http://${FULL_NAME}-authorization-server:4484/.well-known/jwks.json`,
];

/** What every pod here may: no more than those of the chart. */
export const HARDENED = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  },
};
export const HARDENED_CONTAINER = {
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
};

export const imageOf = ({ registry, tag }, program) => `${registry}/gatehouse/${program}:${tag}`;

/**
 * @param {string[]} [flags] of all parts
 * @returns {object[]} a Deployment and a Service for each part
 */
export const demonstration = (images, flags = []) =>
  Object.entries(PORTS).flatMap(([part, port]) => {
    const labels = { ...LABELS, 'app.kubernetes.io/component': part };
    const container = {
      name: part,
      image: imageOf(images, 'demonstration'),
      imagePullPolicy: 'IfNotPresent',
      args: [`--only=${part}`, ...FLAGS, ...flags],
      ports: [{ name: 'http', containerPort: port }],
      readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 2, failureThreshold: 30 },
      ...HARDENED_CONTAINER,
    };
    return [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: part, labels },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { ...HARDENED, containers: [container] } },
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: part, labels },
        spec: { selector: labels, ports: [{ name: 'http', port, targetPort: 'http' }] },
      },
    ];
  });
