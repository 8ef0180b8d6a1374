import { DEFAULT_PORT_BASE, PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import { internalPortOf } from '@gatehouse/config/model/internal-ports';

/** How many ports in a row one gateway with its demonstration world takes. */
export const PORT_COUNT = 14;
/** Replica `i` of a service listens this much times `i` above the first. */
export const REPLICA_STEP = 100;

export interface PlannedPort {
  readonly port: number;
  readonly purpose: string;
}

/** Every port of one gateway, as offsets from a base, so that one number moves all of them. */
export interface PortPlan {
  readonly base: number;
  readonly proxy: number;
  readonly authorizationServer: number;
  readonly tokenVault: number;
  readonly acmeSso: number;
  readonly octo: number;
  readonly tokenExchange: number;
  readonly repos: number;
  readonly tickets: number;
  readonly postgres: number;
  readonly nats: number;
  readonly control: number;
  readonly proxyInternal: number;
  readonly authorizationServerInternal: number;
}

export function planPorts(base: number): PortPlan {
  const at = (name: keyof typeof PORT_OFFSETS): number => base + PORT_OFFSETS[name];
  return {
    base,
    proxy: at('proxy'),
    authorizationServer: at('authorization-server'),
    tokenVault: at('token-vault'),
    acmeSso: at('acme-sso'),
    octo: at('octo'),
    tokenExchange: at('sts'),
    repos: at('repos'),
    tickets: at('tickets'),
    postgres: at('postgres'),
    nats: at('nats'),
    control: at('control'),
    proxyInternal: internalPortOf(at('proxy')),
    authorizationServerInternal: internalPortOf(at('authorization-server')),
  };
}

/** The ports of the parts that `gateway` and `demonstration` start, each with what it is for. */
export function portsToTake(plan: PortPlan, withDemonstration: boolean, replicas = 1): PlannedPort[] {
  const infrastructure = [
    { port: plan.postgres, purpose: 'Postgres' },
    { port: plan.nats, purpose: 'NATS' },
  ];
  const services = Array.from({ length: replicas }, (_, index) => [
    { port: plan.proxy + index * REPLICA_STEP, purpose: replicaName('vmcp-proxy (the MCP endpoint)', index) },
    {
      port: plan.authorizationServer + index * REPLICA_STEP,
      purpose: replicaName('authorization-server', index),
    },
    { port: plan.tokenVault + index * REPLICA_STEP, purpose: replicaName('token-vault (health)', index) },
    { port: plan.proxyInternal + index * REPLICA_STEP, purpose: replicaName('vmcp-proxy (health)', index) },
    {
      port: plan.authorizationServerInternal + index * REPLICA_STEP,
      purpose: replicaName('authorization-server (health)', index),
    },
  ]).flat();
  const demonstration = [
    { port: plan.acmeSso, purpose: 'identity provider acme-sso' },
    { port: plan.octo, purpose: 'identity provider octo' },
    { port: plan.tokenExchange, purpose: 'token exchange endpoint' },
    { port: plan.repos, purpose: 'backend server repos' },
    { port: plan.tickets, purpose: 'backend server tickets' },
    { port: plan.control, purpose: 'demonstration control' },
  ];
  return [...services, ...(withDemonstration ? demonstration : []), ...infrastructure].sort(
    (left, right) => left.port - right.port,
  );
}

const replicaName = (name: string, index: number): string =>
  index === 0 ? name : `${name}, replica ${index + 1}`;

/** Whether every port of the plan, replicas included, is one that exists. */
export const isUsableBase = (base: number, replicas = 1): boolean =>
  Number.isInteger(base) && base >= 1024 && base + PORT_COUNT + (replicas - 1) * REPLICA_STEP <= 65_535;

/** Rewrites the loopback addresses of a configuration from one base to another; everything else stays byte for byte. */
export function movePorts(text: string, from: number, to: number): string {
  return text.replace(/\b(?:localhost:|127\.0\.0\.1:|port: ?)\d{2,5}\b/g, (whole) => {
    const offset = Number(/\d+$/.exec(whole)?.[0]) - from;
    return offset >= 0 && offset < PORT_COUNT ? whole.replace(/\d+$/, String(to + offset)) : whole;
  });
}

/** The complaint about taken ports: all of them at once, each with what it is needed for, and the way out. */
export function renderTakenPorts(
  taken: readonly PlannedPort[],
  { portBase, configFile }: { readonly portBase: number; readonly configFile?: string },
): string {
  const list = taken.map(({ port, purpose }) => `  ${port}  ${purpose}`).join('\n');
  const other = portBase + 1000 + PORT_COUNT <= 65_535 ? portBase + 1000 : DEFAULT_PORT_BASE;
  const ports = taken.length === 1 ? 'This port is' : 'These ports are';
  const wayOut =
    configFile === undefined
      ? `move all ports: --port-base ${other}`
      : `write other ones in ${configFile}: publicUrl, authServer.issuer, nats.servers, listen (docs/configuration.md)`;
  return `${ports} taken by another program:\n${list}\nStop it, or ${wayOut}`;
}
