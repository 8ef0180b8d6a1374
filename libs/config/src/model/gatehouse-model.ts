import type { Aggregation } from './aggregation.js';
import type { AuthServer } from './auth-server.js';
import type { Backend } from './backend.js';
import type { CallPolicies } from './call-policies.js';
import type { ConfiguredSecret } from './configured-secret.js';
import type { WayOut } from './egress-rules.js';
import type { Operational } from './failure-handling.js';
import type { IncomingAuth } from './incoming-auth.js';
import type { KeyEncryptionKey } from './key-encryption-key.js';
import type { ListenAddress, ListenAddresses, ProxyAddresses } from './listen-addresses.js';
import type { OutgoingAuth } from './outgoing-auth.js';
import type { RateLimiting } from './rate-limits.js';
import type { RequestLimits } from './request-limits.js';
import type { ResumptionBounds } from './resumption-bounds.js';
import type { Bridge } from './stdio.js';
import type { Telemetry } from './telemetry.js';
import type { ConfiguredView } from './views.js';

/**
 * The parsed, resolved configuration. It does not depend on the form that it was written in, so that another form
 * (Kubernetes manifests) can give the same model. `S` is the type of secrets: {@link ConfiguredSecret} in the model
 * that every service loads, `Secret` in the part that one service may see (see `parts.ts`).
 */
export interface GatehouseModel {
  /** DNS label; names database rows, NATS subjects and metrics of this gateway. */
  readonly name: string;
  /** What people type into their client: an origin, or a URL below it, without a trailing slash. */
  readonly publicUrl: string;
  /** `Host` headers of proxies in front, beside the host of `publicUrl` (`urls/trusted-hosts.ts`). */
  readonly trustedHosts: readonly string[];
  /** Reverse proxies in front of the MCP endpoint, whose word on callers' certificates is taken: addresses and CIDR networks. */
  readonly trustedProxies: readonly string[];
  /** Patterns (`urls/allowed-origins.ts`). */
  readonly allowedOrigins: readonly string[];
  /** The MCP endpoint and RFC 8707 resource: `<publicUrl>/mcp`. */
  readonly resourceUrl: string;
  /** Absent when an external issuer is trusted. */
  readonly authServer?: AuthServer<ConfiguredSecret>;
  readonly incomingAuth: IncomingAuth<ConfiguredSecret>;
  /** Absent: there are none, or this part does not decide about calls. */
  readonly callPolicies?: CallPolicies;
  readonly backends: readonly Backend<ConfiguredSecret>[];
  /** Headers of callers that backends without a list of their own get with their calls. */
  readonly passthroughHeaders: readonly string[];
  readonly bridge: Bridge<ConfiguredSecret>;
  readonly wayOut: WayOut<ConfiguredSecret>;
  readonly outgoingAuth: OutgoingAuth<ConfiguredSecret>;
  readonly aggregation: Aggregation;
  readonly views: readonly ConfiguredView[];
  readonly operational: Operational;
  readonly telemetry: Telemetry<ConfiguredSecret>;
  readonly vault: {
    readonly keyEncryptionKeys: readonly KeyEncryptionKey<ConfiguredSecret>[];
    /** The keys with which the authorization server proves its requests to the vault. Empty without `authServer`. */
    readonly requestKeys: readonly KeyEncryptionKey<ConfiguredSecret>[];
  };
  readonly postgres: {
    /** Present with `authServer`. */
    readonly authorizationServer?: { readonly url: ConfiguredSecret };
    readonly tokenVault: {
      readonly url: ConfiguredSecret;
      /** For `gatehouse migrate` and `gatehouse audit` alone; no service reads it. */
      readonly ownerUrl?: ConfiguredSecret;
    };
  };
  readonly nats: {
    readonly servers: readonly string[];
    readonly credentials: ConfiguredSecret;
    /** For `gatehouse migrate` alone; no service reads it. */
    readonly provisioningCredentials: ConfiguredSecret;
    readonly streamReplicas: number;
  };
  /** How long a starting service waits for what it depends on. */
  readonly startTimeoutMs: number;
  readonly streamKeepAliveMs: number;
  readonly resumption: ResumptionBounds;
  /** How long a service that is asked to stop still takes new requests. */
  readonly shutdownDelayMs: number;
  /** How long after that it may finish what it has begun. */
  readonly shutdownTimeoutMs: number;
  readonly limits: RequestLimits;
  readonly rateLimiting: RateLimiting;
  readonly listen: {
    readonly proxy: ProxyAddresses;
    readonly authorizationServer: ListenAddresses;
    /** Its only HTTP callers are its operators. */
    readonly tokenVault: Pick<ListenAddresses, 'internal'>;
    readonly bridge: ListenAddress;
  };
}
