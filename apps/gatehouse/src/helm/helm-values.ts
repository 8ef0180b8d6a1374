import { resolve } from 'node:path';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { POD_FOLDER } from '@gatehouse/config/model/incoming-auth';
import { readDocument, type ConfigurationText } from '@gatehouse/config/written-document';
import { natsConfiguration } from '@gatehouse/messaging/nats-configuration';
import { stringify } from 'yaml';
import { Cannot } from '../cannot.js';
import { modelOf, readConfiguration } from '../configuration.js';
import { policyFilesOf, secretsOf, type ReadSecrets } from './read-secrets.js';
import { reachableListeners } from './reachable-listeners.js';

/** As the chart calls them. */
const SERVICE_VALUES = {
  authorizationServer: 'authorization-server',
  tokenVault: 'token-vault',
  vmcpProxy: 'vmcp-proxy',
} as const;

const SECRET_PREFIX = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;

/**
 * Values for `infra/helm/gatehouse`: the configuration, and for each service and Job which key of which Secret stands where the
 * configuration looks for it. Each gets what it reads and nothing else; no value of a secret is looked up.
 */
export function helmValues(file: string, secretPrefix: string): string {
  if (!SECRET_PREFIX.test(secretPrefix))
    throw new Cannot(
      'The prefix begins names of Secrets: small letters, digits and hyphens. Write it so: --secret-prefix gatehouse',
      'usage',
    );
  const configuration = readConfiguration(file === '-' ? file : resolve(file));
  if (readDocument(configuration).form === 'manifests')
    throw new Cannot(
      `${file} holds manifests. Convert them first: gatehouse convert ${file} > gatehouse.yaml`,
      'usage',
    );
  const model = modelOf(configuration, 'none', {});
  refuseStdio(model);
  const parts = partsOf(configuration, model, secretPrefix);
  return [
    '# Values for the Helm chart of Gatehouse, made by `gatehouse helm-values`. They hold no secret.',
    ...neededSecrets(Object.values(parts)),
    stringify(valuesOf(configuration, model, parts), { lineWidth: 0, aliasDuplicateObjects: false }),
  ].join('\n');
}

type Parts = Partial<Record<keyof typeof SERVICE_VALUES, ReadSecrets>> &
  Record<'migrate' | 'provision', ReadSecrets>;

function partsOf(configuration: ConfigurationText, model: GatehouseModel, prefix: string): Parts {
  const services = Object.entries(SERVICE_VALUES)
    .filter(([name]) => name !== 'authorizationServer' || model.authServer !== undefined)
    .map(([name, part]) => [name, secretsOf(configuration, model, part, `${prefix}-${part}`)] as const);
  return {
    ...(Object.fromEntries(services) as Partial<Record<keyof typeof SERVICE_VALUES, ReadSecrets>>),
    migrate: secretsOf(configuration, model, 'migrate', `${prefix}-migrate`),
    provision: secretsOf(configuration, model, 'provision', `${prefix}-provision`),
  };
}

function valuesOf(
  configuration: ConfigurationText,
  model: GatehouseModel,
  { migrate, provision, ...services }: Parts,
): Readonly<Record<string, unknown>> {
  const files = policyFilesOf(configuration);
  return {
    configuration: reachableListeners(configuration.text),
    ...(Object.keys(files).length === 0 ? {} : { configurationFiles: files }),
    ...Object.fromEntries(
      Object.entries(services).map(([name, secrets]) => [
        name,
        name === 'vmcpProxy' && asksTheCluster(model) ? { secrets, serviceAccountToken: true } : { secrets },
      ]),
    ),
    jobs: { migrate: { secrets: migrate }, provision: { secrets: provision } },
    nats: {
      configuration: natsConfiguration({
        gatewayName: model.name,
        host: '0.0.0.0',
        port: 4222,
        monitorPort: 8222,
        storeDirectory: '/data',
      }),
    },
  };
}

/** For its keys, with the account of the pod. */
const asksTheCluster = ({ incomingAuth }: GatehouseModel): boolean =>
  incomingAuth.type === 'oidc' &&
  incomingAuth.oidc.kubernetesServiceAccount?.clusterAuthFolder === POD_FOLDER;

/** A program is run by the bridge, whose sessions are in its memory: it is no replica among others. */
function refuseStdio({ backends }: GatehouseModel): void {
  const programs = backends.filter(({ stdio }) => stdio !== undefined).map(({ name }) => name);
  if (programs.length > 0)
    throw new Cannot(
      `The chart runs no bridge, and these backends are programs: ${programs.join(', ')}. Serve each over HTTP in a pod of its own, and write its url in the place of command.`,
      'configuration',
    );
}

/** Which Secrets have to be there before the chart is installed, as comments. */
function neededSecrets(parts: readonly ReadSecrets[]): readonly string[] {
  const needed = new Map<string, Set<string>>();
  for (const { secret, key } of parts.flatMap(({ files, environment }) => [...files, ...environment]))
    needed.set(secret, (needed.get(secret) ?? new Set()).add(key));
  return [
    '# These Secrets have to be there, with these keys:',
    ...[...needed].map(([secret, keys]) => `#   ${secret}: ${[...keys].join(', ')}`),
  ];
}
