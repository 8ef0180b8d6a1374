import type { EventContract } from '@gatehouse/contracts/contract';
import type { Service } from '@gatehouse/kernel/services';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { sessionClosed } from '@gatehouse/contracts/events/session-closed';
import type { ProxyBackend, ProxyStrategy, VmcpProxyPart } from '@gatehouse/config/parts';
import { BusConnection } from '@gatehouse/messaging/bus-connection';
import type { BusOptions } from '@gatehouse/messaging/bus-options';
import { EventBus } from '@gatehouse/messaging/event-bus';
import type { Log } from '@gatehouse/observability/log';
import { SilentLog } from '@gatehouse/testing/silent-log';
import type { INestApplicationContext } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SignJWT, type CryptoKey } from 'jose';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';
import type { HttpLimits } from '@gatehouse/service-process/http-server';
import { aggregationOf } from './catalog/aggregation.fixture.js';
import { PLAIN_BACKEND } from './backends/plain-backend.fixture.js';
import { startVmcpProxy } from './service.js';
import {
  AuthorizationServerStandIn,
  startStandIn,
  Surroundings,
  VaultStandIn,
} from './surroundings.fixture.js';

export interface BackendSetup {
  readonly name: string;
  readonly url: string;
  readonly transport?: ProxyBackend['transport'];
  readonly strategy?: ProxyStrategy;
  readonly timeoutMs?: number;
  /** Left out: progress extends nothing. */
  readonly maxTimeoutMs?: number;
  readonly limits?: Partial<ProxyBackend['limits']>;
  readonly toolTimeouts?: ProxyBackend['toolTimeouts'];
  readonly failureHandling?: Partial<ProxyBackend['failureHandling']>;
  readonly requiredScopes?: readonly string[];
  readonly toolScopes?: ProxyBackend['toolScopes'];
  readonly passthroughHeaders?: readonly string[];
}

export interface ProxySetup {
  readonly nats: { readonly url: string; optionsOf(service: Service): BusOptions };
  readonly backends: readonly BackendSetup[];
  readonly aggregation?: Partial<VmcpProxyPart['aggregation']>;
  readonly views?: VmcpProxyPart['views'];
  readonly rateLimiting?: VmcpProxyPart['rateLimiting'];
  readonly callPolicies?: NonNullable<VmcpProxyPart['callPolicies']>;
  readonly incomingAuth?: VmcpProxyPart['incomingAuth'];
  readonly dpop?: Partial<NonNullable<VmcpProxyPart['authServer']>['dpop']>;
  readonly machineClients?: readonly string[];
  readonly mtls?: NonNullable<VmcpProxyPart['authServer']>['mtls'];
  readonly trustedProxies?: readonly string[];
  /** Default: `http://localhost:<port>` */
  readonly publicUrl?: string;
  readonly trustedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  readonly log?: Log;
  readonly limits?: HttpLimits;
  readonly streamKeepAliveMs?: number;
  readonly resumption?: Partial<VmcpProxyPart['resumption']>;
  readonly requestLimits?: Partial<VmcpProxyPart['limits']>;
  readonly partialFailureMode?: VmcpProxyPart['partialFailureMode'];
  readonly telemetry?: Partial<VmcpProxyPart['telemetry']>;
}

export interface TestProxy {
  readonly origin: string;
  readonly mcpUrl: string;
  /** Health in detail, and metrics. */
  readonly internalOrigin: string;
  readonly surroundings: Surroundings;
  /** The vault says that a connection changed. Resolves when the proxy has heard it. */
  connectionChanged(
    accountId: string,
    provider: string,
    change: z.input<typeof connectionChanged.payload>['change'],
  ): Promise<void>;
  /** The authorization server says that a session ended. Resolves when the proxy has heard it. */
  sessionClosed(tsid: string): Promise<void>;
  /** Exchanges what the first process was started with, as a reload does. */
  reconfigure(next: Partial<ProxySetup>): void;
  readonly stopAuthorizationServer: () => Promise<void>;
  /** Another process of the proxy, as far as it can tell. */
  startReplica(): Promise<{
    readonly mcpUrl: string;
    readonly internalOrigin: string;
    close(withinMs?: number): Promise<void>;
    /** As others see a process that was killed: without a word. What it still does reaches nobody. */
    kill(): Promise<void>;
  }>;
  /** Of the account that the session was first named with. */
  token(
    claims?: Record<string, unknown> & { readonly sub?: string; readonly tsid?: unknown },
  ): Promise<string>;
  close(): Promise<void>;
}

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'https://gateway.example/mcp';

/** The proxy on a real bus of its own, with stand-ins that answer the contracts of the other two services. */
export async function startProxy(setup: ProxySetup): Promise<TestProxy> {
  const surroundings = await Surroundings.create();
  const [authorizationServer, tokenVault] = await Promise.all([
    startStandIn(setup.nats.optionsOf('authorization-server'), AuthorizationServerStandIn, surroundings),
    startStandIn(setup.nats.optionsOf('token-vault'), VaultStandIn, surroundings),
  ]);
  const startReplica = async () => {
    const running = await startVmcpProxy(proxyPart(setup), setup.log ?? new SilentLog(), setup.limits);
    const { app } = running;
    const { port } = app.getHttpServer().address() as AddressInfo;
    const origin = `http://127.0.0.1:${port}`;
    // What the bus delivered before this round trip has been heard after it.
    const hear = async () => await app.get(BusConnection).connection.flush();
    const internalOrigin = `http://127.0.0.1:${running.internalPort}`;
    const kill = async (): Promise<void> => await silenced(app);
    const reconfigure = (next: Partial<ProxySetup>): void => {
      // The proxy does it at once.
      void running.reconfigure?.(proxyPart({ ...setup, ...next }));
    };
    return { origin, internalOrigin, mcpUrl: `${origin}/mcp`, hear, kill, close: running.close, reconfigure };
  };
  const first = await startReplica();
  const tell = async <Payload extends z.ZodType>(
    teller: INestApplicationContext,
    event: EventContract<Payload>,
    payload: z.input<Payload>,
  ): Promise<void> => {
    await teller.get(EventBus).publish(event, payload);
    await first.hear();
  };
  return {
    ...first,
    startReplica,
    surroundings,
    connectionChanged: async (accountId, provider, change) => {
      const connectionId = randomUUID();
      const about = { connectionId, accountId, provider, change };
      await tell(tokenVault, connectionChanged, { ...about, atMs: Date.now() });
    },
    sessionClosed: async (tsid) => {
      const accountId = randomUUID();
      await tell(authorizationServer, sessionClosed, {
        tsid,
        accountId,
        reason: 'signed_out',
        atMs: Date.now(),
      });
    },
    stopAuthorizationServer: async () => await authorizationServer.close(),
    token: async (claims) => {
      const { sub, tsid } = { sub: randomUUID(), tsid: randomUUID(), ...claims };
      if (typeof tsid === 'string' && !surroundings.accounts.has(tsid)) surroundings.accounts.set(tsid, sub);
      return await signedToken(surroundings.signingKey, { ...claims, sub, tsid });
    },
    close: async () => {
      await first.close();
      await Promise.all([authorizationServer.close(), tokenVault.close()]);
    },
  };
}

async function silenced(app: NestFastifyApplication): Promise<void> {
  await app.get(BusConnection).connection.close();
  const server = app.getHttpServer();
  server.closeAllConnections();
  server.close();
}

export async function signedToken(key: CryptoKey, claims: Record<string, unknown> = {}): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return await new SignJWT({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: randomUUID(),
    iat: nowSeconds,
    exp: nowSeconds + 300,
    jti: randomUUID(),
    client_id: 'client',
    scope: 'openid',
    tsid: randomUUID(),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'test-key', typ: 'at+jwt' })
    .sign(key);
}

export function proxyPart({
  nats,
  backends,
  aggregation,
  views,
  incomingAuth,
  publicUrl,
  trustedHosts,
  allowedOrigins,
  requestLimits,
  streamKeepAliveMs = 60_000,
  resumption,
  partialFailureMode = 'bestEffort',
  telemetry,
  callPolicies,
  dpop,
  machineClients = [],
  mtls,
  trustedProxies = [],
  rateLimiting = { limits: [], whenUnavailable: 'local' },
}: ProxySetup): VmcpProxyPart {
  const { servers, user, password, requestKeys, gatewayName } = nats.optionsOf('vmcp-proxy');
  const egress = { allowPrivateIps: true, insecureAllowHttp: true };
  return {
    name: gatewayName,
    publicUrl: publicUrl ?? 'http://localhost:4483',
    trustedHosts: trustedHosts ?? [],
    trustedProxies,
    allowedOrigins: allowedOrigins ?? [],
    resourceUrl: AUDIENCE,
    nats: { servers, user, password, requestKeys },
    streamKeepAliveMs,
    resumption: { bytesPerStream: 262_144, streamsPerSession: 16, keepForMs: 60_000, ...resumption },
    partialFailureMode,
    shutdownDelayMs: 0,
    shutdownTimeoutMs: 25_000,
    telemetry: { toolLabels: 100, audit: { enabled: false, arguments: [] }, ...telemetry },
    listen: { host: '127.0.0.1', port: 0, internal: { host: '127.0.0.1', port: 0 }, workers: 1 },
    limits: {
      requestBytes: 4_194_304,
      requestBytesPerPerson: 16_777_216,
      answerBytesPerPerson: 134_217_728,
      ...requestLimits,
    },
    incomingAuth: incomingAuth ?? {
      type: 'oidc',
      oidc: { issuer: ISSUER, audience: AUDIENCE, resourceUrl: AUDIENCE, scopes: ['openid'], ...egress },
    },
    authServer: authServerOf(dpop, machineClients, mtls),
    // For what never comes; a busy machine takes its time with what does.
    backends: backends.map(proxyBackend),
    aggregation: aggregationOf(aggregation),
    views: views ?? [],
    rateLimiting,
    ...(callPolicies === undefined ? {} : { callPolicies }),
  };
}

const authServerOf = (
  dpop: ProxySetup['dpop'],
  machineClients: readonly string[],
  mtls: ProxySetup['mtls'],
): NonNullable<VmcpProxyPart['authServer']> => ({
  issuer: ISSUER,
  upstreamProviders: [{ name: 'octo', requirement: 'optional' }],
  dpop: { boundAccessTokens: 'optional', nonces: 'optional', ...dpop },
  machineClients,
  ...(mtls === undefined ? {} : { mtls }),
});

const proxyBackend = ({
  name,
  url,
  transport,
  strategy,
  timeoutMs = 60_000,
  maxTimeoutMs,
  limits,
  toolTimeouts,
  failureHandling,
  requiredScopes = [],
  toolScopes = [],
  passthroughHeaders = [],
}: BackendSetup): ProxyBackend => ({
  ...PLAIN_BACKEND,
  name,
  url,
  transport: transport ?? PLAIN_BACKEND.transport,
  timeoutMs,
  progressExtendsTimeout: maxTimeoutMs !== undefined,
  maxTimeoutMs: maxTimeoutMs ?? timeoutMs,
  limits: { ...PLAIN_BACKEND.limits, ...limits },
  toolTimeouts: toolTimeouts ?? [],
  requiredScopes,
  toolScopes,
  passthroughHeaders,
  failureHandling: { ...PLAIN_BACKEND.failureHandling, ...failureHandling },
  strategy: strategy ?? PLAIN_BACKEND.strategy,
});
