import type { Service } from '@gatehouse/kernel/services';
import type { Secret } from '@gatehouse/kernel/secret';
import type { NodeConnectionOptions } from '@nats-io/transport-node';

/** The users of the bus: the services, and the step that makes their streams and buckets. */
export type BusUser = Service | typeof PROVISIONING;
export const PROVISIONING = 'provisioning';

/** The key with which a service proves that a request is its own. Both ends hold it. */
export interface RequestKey {
  readonly id: string;
  /** base64url of 32 bytes. */
  readonly key: Secret;
}

export interface BusAccess {
  readonly servers: readonly string[];
  readonly user: string;
  readonly password: Secret;
  /** `name` of the configuration: several gateways can share one NATS without hearing each other. */
  readonly gatewayName: string;
}

export interface BusOptions extends BusAccess {
  readonly service: Service;
  /** The first key proves, all keys verify. Empty: this service neither sends nor takes proven requests. */
  readonly requestKeys: readonly RequestKey[];
}

/** The bus options of a service, from its part of the configuration. */
export const busOptionsOf = (
  service: Service,
  {
    name,
    nats,
  }: {
    readonly name: string;
    readonly nats: Pick<BusOptions, 'servers' | 'user' | 'password' | 'requestKeys'>;
  },
): BusOptions => ({ ...nats, gatewayName: name, service });

const RECONNECT_WAIT_MS = 250;
const PING_INTERVAL_MS = 10_000;

/** Options of every connection of a service: it never stops reconnecting. */
export const connectionOptions = (options: BusOptions): NodeConnectionOptions => ({
  ...accessOptions(options, options.service),
  maxReconnectAttempts: -1,
  reconnectTimeWait: RECONNECT_WAIT_MS,
  pingInterval: PING_INTERVAL_MS,
  maxPingOut: 2,
});

/** Each service has its own inbox for replies. It may not subscribe to the server's default inbox. */
export const accessOptions = (access: BusAccess, user: BusUser): NodeConnectionOptions => ({
  servers: [...access.servers],
  user: access.user,
  pass: access.password.reveal(),
  name: `${access.gatewayName}/${user}`,
  inboxPrefix: inboxPrefix(user),
});

export const inboxPrefix = (user: BusUser): string => `_INBOX_${user}`;
