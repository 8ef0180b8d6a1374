import { execFileSync } from 'node:child_process';
import { inRepository } from '@gatehouse/testing/repository';

/** What `gatehouse helm-values` prints for an example. */
export const valuesOf = (example: string): string =>
  execFileSync(
    process.execPath,
    [inRepository('apps/gatehouse/dist/main.js'), 'helm-values', inRepository('examples', example)],
    { encoding: 'utf8' },
  );

/** Everything inside of the cluster. */
export const BUNDLED = {
  nats: { mode: 'bundled', existingSecret: 'gatehouse-nats' },
  postgres: { mode: 'bundled', existingSecret: 'gatehouse-postgres' },
};

export const CLOUDNATIVEPG = {
  nats: { mode: 'bundled', existingSecret: 'gatehouse-nats' },
  postgres: {
    mode: 'cloudnativepg',
    cloudnativepg: {
      passwordSecrets: {
        authorizationServer: 'database-authorization-server',
        tokenVault: 'database-token-vault',
        tokenVaultOwner: 'database-token-vault-owner',
      },
    },
  },
};

/** Everything that can be turned on. */
export const EVERYTHING = {
  metrics: { enabled: true },
  ingress: { enabled: true, className: 'nginx', tlsSecretName: 'public-tls' },
  gatewayApi: { enabled: true, parentRefs: [{ name: 'public', namespace: 'gateways' }] },
  rollOnConfigurationChange: true,
  authorizationServer: { autoscaling: { enabled: true }, networkPolicy: { metadataDocuments: true } },
  tokenVault: { autoscaling: { enabled: true }, priorityClassName: 'high' },
  vmcpProxy: {
    networkPolicy: {
      egress: [{ to: [{ namespaceSelector: { matchLabels: { team: 'tools' } } }], ports: [{ port: 8080 }] }],
    },
    extraEnv: [{ name: 'OTEL_RESOURCE_ATTRIBUTES', value: 'zone=a' }],
  },
  image: {
    registry: 'registry.example.org',
    repository: 'team/gatehouse',
    tag: '1.2.3',
    pullSecrets: [{ name: 'pull' }],
  },
};

const LISTEN = `listen:
  proxy: { host: 0.0.0.0, internal: { host: 0.0.0.0 } }
  authorizationServer: { host: 0.0.0.0, internal: { host: 0.0.0.0 } }
  tokenVault: { internal: { host: 0.0.0.0 } }
`;

/** A configuration whose listeners are reached in a cluster. */
export const configured = (written: string): object => ({ configuration: `${written}\n${LISTEN}` });
