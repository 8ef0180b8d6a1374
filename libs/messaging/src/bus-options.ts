import type { Service } from '@gatehouse/contracts/contract';
import type { Secret } from '@gatehouse/kernel/secret';
import type { NodeConnectionOptions } from '@nats-io/transport-node';

export interface BusOptions {
  readonly servers: readonly string[];
  readonly user: string;
  readonly password: Secret;
  /** `name` of the configuration: several gateways can share one NATS without hearing each other. */
  readonly gatewayName: string;
  readonly service: Service;
}

/** The bus options of a service, from its part of the configuration. */
export const busOptionsOf = (
  service: Service,
  { name, nats }: { readonly name: string; readonly nats: Pick<BusOptions, 'servers' | 'user' | 'password'> },
): BusOptions => ({ ...nats, gatewayName: name, service });

const RECONNECT_WAIT_MS = 250;
const PING_INTERVAL_MS = 10_000;

/** How every connection of a service is made: it never gives up, and replies come to an inbox that no other user may read. */
export function connectionOptions(options: BusOptions): NodeConnectionOptions {
  return {
    servers: [...options.servers],
    user: options.user,
    pass: options.password.reveal(),
    name: `${options.gatewayName}/${options.service}`,
    inboxPrefix: inboxPrefix(options.service),
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: 2,
  };
}

/** The shared `_INBOX.>` would let every service read every reply. */
export const inboxPrefix = (service: Service): string => `_INBOX_${service}`;
