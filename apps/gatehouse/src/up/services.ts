import { ALLOCATOR_ENVIRONMENT, NODE_FLAGS } from '@gatehouse/kernel/node-flags';
import { holdsObjects } from '@gatehouse/config/from-manifests/read-manifests';
import type { Service } from '@gatehouse/kernel/services';
import { parseDocument } from 'yaml';
import { environmentNamesOf, type ConfigurationText, type Environment } from '../configuration.js';
import { programOf } from '../paths.js';
import { baseEnvironment } from './environment.js';
import { REPLICA_STEP, type PortPlan } from './ports.js';
import type { Processes, ProcessSpec, RunningProcess } from './processes.js';
import { untilHttpAnswers } from './readiness.client.js';
import type { GeneratedSecrets, StateFolder } from './state.js';

const READY_TIMEOUT_MS = 60_000;

/** Every port of the services: where it stands in the configuration, and its name in the plan. */
const PORTS = [
  { path: ['listen', 'proxy', 'port'], name: 'proxy' },
  { path: ['listen', 'proxy', 'internal', 'port'], name: 'proxyInternal' },
  { path: ['listen', 'authorizationServer', 'port'], name: 'authorizationServer' },
  { path: ['listen', 'authorizationServer', 'internal', 'port'], name: 'authorizationServerInternal' },
  { path: ['listen', 'tokenVault', 'internal', 'port'], name: 'tokenVault' },
] as const satisfies readonly { path: readonly string[]; name: keyof PortPlan }[];

/** Where each service says whether it is ready. */
const INTERNAL = {
  'authorization-server': 'authorizationServerInternal',
  'token-vault': 'tokenVault',
  'vmcp-proxy': 'proxyInternal',
} as const satisfies Record<Service, keyof PortPlan>;

/** The values that only one service may know, under the names that the configuration asks for. */
export const ownValues = (
  service: Service,
  secrets: GeneratedSecrets,
  databaseUrls: Readonly<Record<string, string>>,
): Record<string, string> => {
  const password = {
    'authorization-server': secrets.authorizationServerNatsPassword,
    'token-vault': secrets.tokenVaultNatsPassword,
    'vmcp-proxy': secrets.vmcpProxyNatsPassword,
  }[service];
  return {
    ...databaseUrls,
    NATS_CREDENTIALS: `${service}:${password}`,
    ...(service === 'vmcp-proxy' ? {} : { VAULT_REQUEST_KEY: secrets.vaultRequestKey }),
  };
};

/** The configuration of one replica: the same, on its own ports. */
export function replicaConfiguration(text: string, ports: PortPlan, index: number): string {
  if (index === 0) return text;
  // A document without a kind adds to the manifests what they cannot say.
  if (holdsObjects(text)) return `${text}\n---\n${replicaConfiguration('{}', ports, index)}`;
  const document = parseDocument(text);
  for (const { path, name } of PORTS) document.setIn(path, ports[name] + index * REPLICA_STEP);
  return document.toString();
}

/**
 * The whole environment of a service: what any process may know, and the variables that its own part of the
 * configuration refers to. What another service's part needs is not in it.
 */
export function serviceEnvironment(
  service: Service,
  configuration: ConfigurationText,
  values: Environment,
): Record<string, string> {
  const names = environmentNamesOf(configuration, service, values);
  const own = [...names].flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const { virtualServer } = configuration;
  return {
    ...baseEnvironment(),
    NODE_ENV: 'production',
    ...(virtualServer === undefined ? {} : { GATEHOUSE_VIRTUAL_SERVER: virtualServer }),
    ...Object.fromEntries(own),
  };
}

export interface ServiceStart {
  readonly configuration: ConfigurationText;
  readonly valuesOf: (service: Service) => Environment;
  readonly services: readonly Service[];
  readonly ports: PortPlan;
  readonly replicas: number;
}

/** Starts every replica of every service at once and waits until all are ready. */
export async function startServices(
  state: StateFolder,
  processes: Processes,
  start: ServiceStart,
): Promise<RunningProcess[]> {
  const all = Array.from({ length: start.replicas }, (_, index) =>
    start.services.map((service) => ({ service, index })),
  ).flat();
  return Promise.all(
    all.map(async ({ service, index }) => {
      const running = processes.start(serviceProcess(state, start, service, index));
      const port = start.ports[INTERNAL[service]] + index * REPLICA_STEP;
      await untilHttpAnswers(running, `http://127.0.0.1:${port}/readyz`, READY_TIMEOUT_MS);
      return running;
    }),
  );
}

function serviceProcess(
  state: StateFolder,
  { configuration, valuesOf, ports }: ServiceStart,
  service: Service,
  index: number,
): ProcessSpec {
  const file =
    index === 0
      ? configuration.document
      : state.write(
          `gatehouse-replica-${index + 1}.yaml`,
          replicaConfiguration(configuration.text, ports, index),
        );
  return {
    name: index === 0 ? service : `${service}-${index + 1}`,
    command: process.execPath,
    args: [...NODE_FLAGS, programOf(service), '--config', file],
    environment: {
      ...ALLOCATOR_ENVIRONMENT,
      ...serviceEnvironment(service, configuration, valuesOf(service)),
    },
    stopPhase: 1,
    rereads: true,
  };
}
