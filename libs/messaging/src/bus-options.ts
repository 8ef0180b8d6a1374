import type { Service } from '@gatehouse/kernel/services';
import type { Secret } from '@gatehouse/kernel/secret';
import type { NodeConnectionOptions } from '@nats-io/transport-node';

/** Who has a user on the bus: the services, and the step that makes their streams and buckets. */
export type BusUser = Service | typeof PROVISIONING;
export const PROVISIONING = 'provisioning';

/** What a caller proves with inside a request who it is; both ends hold it. */
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
  /** The first proves, all verify; none: this service neither sends nor takes requests that have to be proven. */
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

/** How every connection of a service is made: it never gives up. */
export const connectionOptions = (options: BusOptions): NodeConnectionOptions => ({
  ...accessOptions(options, options.service),
  maxReconnectAttempts: -1,
  reconnectTimeWait: RECONNECT_WAIT_MS,
  pingInterval: PING_INTERVAL_MS,
  maxPingOut: 2,
});

/** Replies come to an inbox of its own: the server's default would not be among the subjects that it may subscribe. */
export const accessOptions = (access: BusAccess, user: BusUser): NodeConnectionOptions => ({
  servers: [...access.servers],
  user: access.user,
  pass: access.password.reveal(),
  name: `${access.gatewayName}/${user}`,
  inboxPrefix: inboxPrefix(user),
});

export const inboxPrefix = (user: BusUser): string => `_INBOX_${user}`;
