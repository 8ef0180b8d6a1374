import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { AuthServer } from '../model/auth-server.js';
import type { BackendLimits } from '../model/backend.js';
import type { PartyEgress } from '../model/egress-rules.js';
import type { Operational } from '../model/failure-handling.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import type { IncomingAuth, Introspection } from '../model/incoming-auth.js';
import type { RateLimiting } from '../model/rate-limits.js';
import type { RequestLimits } from '../model/request-limits.js';
import { bridgedUrl, type Bridge } from '../model/stdio.js';
import { buildAuthServer, buildKeyEncryptionKeys } from './auth-server.js';
import { buildBranding } from './branding.js';
import { internalAddress, TOKEN_VAULT_INTERNAL_PORT, withInternalAddress } from '../model/internal-ports.js';
import { SERVICES } from '@gatehouse/kernel/services';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import { partyEgress } from './party-egress.js';
import { buildCallPolicies } from './call-policies.js';
import { buildBridge, buildStdio, STDIO_FIELDS } from './stdio.js';
import { buildTelemetry } from './telemetry.js';
import { buildWayOut } from './way-out.js';
import { bytes, given, milliseconds, without } from './written-values.js';
import { buildCallTimes, buildFailureHandling, buildOperational } from './operational.js';
import { buildOutgoingAuth } from './outgoing-auth.js';

/** The model of a structurally valid document. It never fails: the rules say what is wrong. */
export function modelFromYaml(written: GatehouseYaml, secrets: SecretResolver): GatehouseModel {
  const { name, publicUrl, trustedHosts, trustedProxies, allowedOrigins } = written;
  const resourceUrl = `${publicUrl}/mcp`;
  const listen = buildListen(written.listen);
  const bridge = buildBridge(written, listen.bridge, secrets);
  const operational = buildOperational(written.operational);
  const backends = buildBackends(written.backends, { bridge, operational }, secrets);
  const branding = written.authServer && buildBranding(written.authServer, written.backends);
  const authServer =
    written.authServer &&
    branding &&
    buildAuthServer(written.authServer, publicUrl, secrets, backends, branding);
  const callPolicies = buildCallPolicies(written.incomingAuth, secrets);
  return {
    name,
    publicUrl,
    trustedHosts,
    trustedProxies,
    allowedOrigins,
    resourceUrl,
    ...given('authServer', authServer),
    incomingAuth: buildIncomingAuth(written.incomingAuth, resourceUrl, authServer, secrets),
    ...given('callPolicies', callPolicies),
    backends,
    passthroughHeaders: written.passthroughHeaders,
    bridge,
    wayOut: buildWayOut(written.egress, secrets),
    outgoingAuth: buildOutgoingAuth(
      written.outgoingAuth,
      secrets,
      (written.authServer?.upstreamProviders ?? []).map(({ name }) => name),
    ),
    aggregation: {
      ...written.aggregation,
      tools: written.aggregation.tools.map(({ overrides, ...tools }) => ({
        ...tools,
        overrides: new Map(Object.entries(overrides)),
      })),
    },
    views: written.views,
    operational,
    telemetry: buildTelemetry(written.telemetry, secrets),
    vault: buildVault(written.vault, authServer !== undefined, secrets),
    postgres: buildPostgres(written.postgres, secrets),
    nats: buildNats(written.nats, secrets),
    streamKeepAliveMs: milliseconds(written.streamKeepAlive),
    resumption: {
      bytesPerStream: bytes(written.resumption.sizePerStream),
      streamsPerSession: written.resumption.streamsPerSession,
      keepForMs: milliseconds(written.resumption.keepFor),
    },
    startTimeoutMs: milliseconds(written.startTimeout),
    shutdownDelayMs: milliseconds(written.shutdownDelay),
    shutdownTimeoutMs: milliseconds(written.shutdownTimeout),
    limits: buildLimits(written.limits),
    rateLimiting: buildRateLimiting(written.rateLimiting),
    listen,
  };
}

const buildBackends = (
  written: GatehouseYaml['backends'],
  { bridge, operational }: { readonly bridge: Bridge<ConfiguredSecret>; readonly operational: Operational },
  secrets: SecretResolver,
): GatehouseModel['backends'] =>
  written.map((backend, index) => {
    const { timeout, maxTimeout, toolTimeouts, limits, failureHandling, url, ...rest } = without(
      backend,
      'caBundle',
      'displayName',
      'logo',
      ...STDIO_FIELDS,
    );
    const times = { ...rest, timeout, maxTimeout, toolTimeouts };
    const path = ['backends', index];
    return {
      ...rest,
      ...given('stdio', buildStdio(backend, path, secrets)),
      ...(backend.command === undefined
        ? { url: url ?? '', ...partyEgress(backend, { path, owner: 'vmcp-proxy', secrets }, url) }
        : { url: bridgedUrl(bridge, backend.name), ...egressOf(bridge) }),
      ...buildCallTimes(times, operational.timeouts),
      limits: buildBackendLimits(limits),
      failureHandling: buildFailureHandling(failureHandling, operational.failureHandling),
    };
  });

/** The bridge is reached in one way for all of its programs. */
const egressOf = ({
  allowPrivateIps,
  insecureAllowHttp,
  caBundle,
}: Bridge<ConfiguredSecret>): PartyEgress<ConfiguredSecret> => ({
  allowPrivateIps,
  insecureAllowHttp,
  ...given('caBundle', caBundle),
});

/** It takes several people to use up a backend. */
const PERSONS = 4;

const buildBackendLimits = ({
  calls,
  callsPerPerson = Math.ceil(calls / PERSONS),
  streams,
  streamsPerPerson = Math.ceil(streams / PERSONS),
}: GatehouseYaml['backends'][number]['limits']): BackendLimits => ({
  calls,
  callsPerPerson,
  streams,
  streamsPerPerson,
});

/** Only requests from the authorization server to the vault are proven, so without one there are no keys. */
const buildVault = (
  written: GatehouseYaml['vault'],
  hasAuthServer: boolean,
  secrets: SecretResolver,
): GatehouseModel['vault'] => ({
  keyEncryptionKeys: buildKeyEncryptionKeys(
    written.keyEncryptionKeys,
    ['vault', 'keyEncryptionKeys'],
    ['token-vault'],
    secrets,
  ),
  requestKeys: hasAuthServer
    ? buildKeyEncryptionKeys(
        written.requestKeys,
        ['vault', 'requestKeys'],
        ['authorization-server', 'token-vault'],
        secrets,
      )
    : [],
});

const buildPostgres = (
  written: GatehouseYaml['postgres'],
  secrets: SecretResolver,
): GatehouseModel['postgres'] => ({
  ...given(
    'authorizationServer',
    written.authorizationServer && {
      url: secrets.secret(written.authorizationServer.url, ['postgres', 'authorizationServer', 'url'], {
        kind: 'postgresUrl',
        owners: ['authorization-server'],
      }),
    },
  ),
  tokenVault: {
    url: secrets.secret(written.tokenVault.url, ['postgres', 'tokenVault', 'url'], {
      kind: 'postgresUrl',
      owners: ['token-vault'],
    }),
    ...given(
      'ownerUrl',
      written.tokenVault.ownerUrl &&
        secrets.secret(written.tokenVault.ownerUrl, ['postgres', 'tokenVault', 'ownerUrl'], {
          kind: 'postgresUrl',
          owners: [],
        }),
    ),
  },
});

const buildNats = (written: GatehouseYaml['nats'], secrets: SecretResolver): GatehouseModel['nats'] => ({
  servers: written.servers,
  credentials: secrets.secret(written.credentials, ['nats', 'credentials'], {
    kind: 'natsCredentials',
    owners: SERVICES,
  }),
  provisioningCredentials: secrets.secret(
    written.provisioningCredentials,
    ['nats', 'provisioningCredentials'],
    { kind: 'natsCredentials', owners: [] },
  ),
  streamReplicas: written.streamReplicas,
});

const buildLimits = ({
  requestSize,
  requestSizePerPerson,
  answerSizePerPerson,
}: GatehouseYaml['limits']): RequestLimits => ({
  requestBytes: bytes(requestSize),
  requestBytesPerPerson: bytes(requestSizePerPerson),
  answerBytesPerPerson: bytes(answerSizePerPerson),
});

const buildRateLimiting = ({ limits, whenUnavailable }: GatehouseYaml['rateLimiting']): RateLimiting => ({
  limits: limits.map(({ refillPeriod, ...limit }) => ({
    ...limit,
    refillPeriodMs: milliseconds(refillPeriod),
  })),
  whenUnavailable,
});

const buildListen = ({
  proxy,
  authorizationServer,
  tokenVault,
  bridge,
}: GatehouseYaml['listen']): GatehouseModel['listen'] => ({
  proxy: { ...withInternalAddress(proxy), workers: proxy.workers },
  authorizationServer: withInternalAddress(authorizationServer),
  tokenVault: {
    internal: internalAddress(
      { ...tokenVault.internal, ...given('host', tokenVault.host) },
      tokenVault.port ?? TOKEN_VAULT_INTERNAL_PORT,
    ),
  },
  bridge,
});

function buildIntrospection(
  { url, clientId, clientSecret }: WrittenIntrospection,
  secrets: SecretResolver,
): Introspection<ConfiguredSecret> {
  const path = ['incomingAuth', 'oidc', 'introspection', 'clientSecret'];
  const use = { kind: 'clientSecret', owners: ['vmcp-proxy'] } as const;
  return { url, clientId, clientSecret: secrets.secret(clientSecret, path, use) };
}

type WrittenIntrospection = NonNullable<NonNullable<GatehouseYaml['incomingAuth']>['oidc']['introspection']>;

/** Issuer, audience and resource default to the gateway's own. */
function buildIncomingAuth(
  written: GatehouseYaml['incomingAuth'],
  resourceUrl: string,
  authServer: AuthServer<unknown> | undefined,
  secrets: SecretResolver,
): IncomingAuth<ConfiguredSecret> {
  if (written?.type === 'anonymous') return { type: 'anonymous' };
  const { oidc } = written ?? {};
  const issuer = oidc?.issuer ?? authServer?.issuer ?? '';
  // The gateway's own issuer may be at a private address: inside a cluster its name often resolves to one.
  const allowPrivateIps = (oidc?.allowPrivateIps ?? false) || authServer !== undefined;
  const insecureAllowHttp = (oidc?.insecureAllowHttp ?? false) || (authServer?.insecureAllowHttp ?? false);
  const callers = oidc?.kubernetesServiceAccount;
  const introspection = oidc?.introspection && buildIntrospection(oidc.introspection, secrets);
  return {
    type: 'oidc',
    oidc: {
      issuer,
      audience: oidc?.audience ?? resourceUrl,
      resourceUrl: oidc?.resourceUrl ?? resourceUrl,
      scopes: oidc?.scopes ?? (callers === undefined ? ['openid'] : []),
      ...given('jwksUrl', oidc?.jwksUrl),
      ...given('introspection', introspection),
      ...given('kubernetesServiceAccount', callers),
      ...partyEgress(
        { allowPrivateIps, insecureAllowHttp, ...given('caBundle', oidc?.caBundle) },
        { path: ['incomingAuth', 'oidc'], owner: 'vmcp-proxy', secrets },
        issuer,
        oidc?.jwksUrl,
        oidc?.introspection?.url,
      ),
    },
  };
}
