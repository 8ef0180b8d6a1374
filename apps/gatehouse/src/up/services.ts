import { ALLOCATOR_ENVIRONMENT, NODE_FLAGS } from '@gatehouse/kernel/node-flags';
import type { Service } from '@gatehouse/kernel/services';
import { PORT_SHIFT_VARIABLE } from '@gatehouse/service-process/shifted-ports';
import { environmentNamesOf, type ConfigurationText, type Environment } from '../configuration.js';
import { programOf } from '../paths.js';
import { baseEnvironment } from './environment.js';
import { REPLICA_STEP, type PortPlan } from './ports.js';
import type { Processes, ProcessSpec, RunningProcess } from './processes.js';
import { untilHttpAnswers } from './readiness.client.js';
import type { GeneratedSecrets } from './state.js';

const READY_TIMEOUT_MS = 60_000;

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
export async function startServices(processes: Processes, start: ServiceStart): Promise<RunningProcess[]> {
  const all = Array.from({ length: start.replicas }, (_, index) =>
    start.services.map((service) => ({ service, index })),
  ).flat();
  return Promise.all(
    all.map(async ({ service, index }) => {
      const running = processes.start(serviceProcess(start, service, index));
      const port = start.ports[INTERNAL[service]] + index * REPLICA_STEP;
      await untilHttpAnswers(running, `http://127.0.0.1:${port}/readyz`, READY_TIMEOUT_MS);
      return running;
    }),
  );
}

/** Every replica reads the one file, and with it its changes and the files beside it; further ones listen on ports of their own. */
export function serviceProcess(
  { configuration, valuesOf }: Pick<ServiceStart, 'configuration' | 'valuesOf'>,
  service: Service,
  index: number,
): ProcessSpec {
  return {
    name: index === 0 ? service : `${service}-${index + 1}`,
    command: process.execPath,
    args: [...NODE_FLAGS, programOf(service), '--config', configuration.document],
    environment: {
      ...ALLOCATOR_ENVIRONMENT,
      ...serviceEnvironment(service, configuration, valuesOf(service)),
      ...(index === 0 ? {} : { [PORT_SHIFT_VARIABLE]: String(index * REPLICA_STEP) }),
    },
    stopPhase: 1,
    rereads: true,
  };
}
