import type { ProxyBackend } from '@gatehouse/config/parts';

/** What the configuration gives a backend of which nothing is said, but for times: a busy machine takes its time. */
export const PLAIN_BACKEND = {
  transport: 'streamable-http',
  timeoutMs: 60_000,
  progressExtendsTimeout: false,
  maxTimeoutMs: 60_000,
  toolTimeouts: [],
  passthroughHeaders: [],
  requiredScopes: [],
  toolScopes: [],
  limits: { calls: 512, callsPerPerson: 128, streams: 512, streamsPerPerson: 128 },
  failureHandling: {
    healthCheckIntervalMs: 0,
    healthCheckTimeoutMs: 10_000,
    healthyThreshold: 1,
    unhealthyThreshold: 3,
    circuitBreaker: { enabled: true, failureThreshold: 5, timeoutMs: 5_000 },
  },
  binding: 'A'.repeat(43),
  strategy: { type: 'unauthenticated' },
  allowPrivateIps: true,
  insecureAllowHttp: true,
} as const satisfies Partial<ProxyBackend>;
