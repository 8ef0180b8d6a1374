import type { ConfiguredSecret } from './model/configured-secret.js';
import type { AuthServer } from './model/auth-server.js';
import { explainedSigningKeys } from './explained-signing-keys.js';
import type { GatehouseModel } from './model/gatehouse-model.js';
import type { FilledIn } from './profiles/expand.js';
import { strategyOf, type OutgoingStrategy, type TokenExchange } from './model/outgoing-auth.js';
import { tokenEndpointsOf } from './model/issued-endpoints.js';
import type { TokenDestination } from './model/token-destination.js';
import { isIssuedToken } from './model/token-subject.js';
import { providerLogoutUrl } from './urls/callbacks.js';
import { mcpEndpoints } from './urls/mcp-endpoints.js';

/** One value that is derived from the configuration and not written in it. */
export interface Explanation {
  /** Field of the model, such as `authServer.callbackUrl`. */
  readonly path: string;
  readonly value: string;
  /** Why, and what to do with it where people have to act. */
  readonly because: string;
}

/** What is derived, for `gatehouse validate --explain`. Names secrets by reference and never by value. */
export function explain(model: GatehouseModel, filledIn: readonly FilledIn[] = []): readonly Explanation[] {
  return [
    {
      path: 'resourceUrl',
      value: model.resourceUrl,
      because: 'MCP endpoint: what people give their client, and the resource of RFC 8707 and RFC 9728',
    },
    ...explainEndpoints(model),
    ...(model.authServer === undefined ? [] : explainAuthServer(model.authServer)),
    ...filledIn.map(({ provider, field, value, profile, documentation }) => ({
      path: `authServer.upstreamProviders.${provider}.${field}`,
      value,
      because: `provider: ${profile}, see ${documentation}`,
    })),
    ...explainIncomingAuth(model),
    ...model.backends.map(({ name }) => ({
      path: `backends.${name}`,
      value: describeStrategy(strategyOf(model.outgoingAuth, name)),
      because: model.outgoingAuth.backends.has(name)
        ? 'its own strategy'
        : 'outgoingAuth.default, since no strategy names it',
    })),
    ...explainBridge(model),
    ...explainEgress(model),
    ...explainWayOut(model),
    ...explainSecrets(model),
  ];
}

/** Beside that of all backends. */
const explainEndpoints = ({ resourceUrl, backends, views }: GatehouseModel): readonly Explanation[] => {
  const [, ...others] = mcpEndpoints(resourceUrl, backends, views);
  return others.map((endpoint) => ({
    path: `resourceUrl${endpoint.place.replaceAll('/', '.')}`,
    value: endpoint.resourceUrl,
    because: 'MCP endpoint of its own; tokens for it are good for nothing else',
  }));
};

/** One of many tenants has no issuer that its tokens could be compared with. */
const sendsLogoutTokens = ({
  protocol,
}: AuthServer<ConfiguredSecret>['upstreamProviders'][number]): boolean =>
  protocol.type === 'oidc' && protocol.issuerTemplate === undefined;

const explainAuthServer = (authServer: AuthServer<ConfiguredSecret>): readonly Explanation[] => [
  {
    path: 'authServer.issuer',
    value: authServer.issuer,
    because: 'issuer of every access token; its metadata is at /.well-known/oauth-authorization-server',
  },
  ...authServer.upstreamProviders.map(({ name, redirectUri }) => ({
    path: `authServer.upstreamProviders.${name}.redirectUri`,
    value: redirectUri,
    because: `callback to register at ${name}: exactly this one, and none of another provider`,
  })),
  ...authServer.upstreamProviders.filter(sendsLogoutTokens).map(({ name }) => ({
    path: `authServer.upstreamProviders.${name}`,
    value: providerLogoutUrl(authServer.issuer, name),
    because: `back-channel logout URL to register at ${name}, if it has such: who signs out there is signed out here`,
  })),
  {
    path: 'authServer.primaryUpstreamProvider',
    value: authServer.primaryUpstreamProvider,
    because: 'decides who the person is',
  },
  {
    path: 'authServer.upstreamProviders',
    value: authServer.upstreamProviders.map(({ name, requirement }) => `${name} (${requirement})`).join(', '),
    because: 'order of the sign-in',
  },
  {
    path: 'authServer.baselineClientScopes',
    value: authServer.baselineClientScopes.join(' '),
    because: 'scopes that every client may ask for',
  },
  {
    path: 'authServer.signingKeys',
    value:
      authServer.signingKeys.length === 0
        ? 'made by the service'
        : `${authServer.signingKeys.length} written`,
    because:
      authServer.signingKeys.length === 0
        ? 'none is written: those for ES256 and RS256 are made, exchanged (gatehouse keys rotate) and kept in the database, sealed'
        : 'the first signs, all are published',
  },
];

function explainIncomingAuth({ incomingAuth }: GatehouseModel): readonly Explanation[] {
  if (incomingAuth.type === 'anonymous')
    return [
      { path: 'incomingAuth', value: 'anonymous', because: 'everybody is the same person: development only' },
    ];
  const { issuer, audience, scopes } = incomingAuth.oidc;
  return [
    { path: 'incomingAuth.oidc.issuer', value: issuer, because: 'only its tokens are accepted' },
    { path: 'incomingAuth.oidc.audience', value: audience, because: 'and only those made for this gateway' },
    {
      path: 'incomingAuth.oidc.scopes',
      value: scopes.join(' '),
      because: 'what clients are told to ask for',
    },
  ];
}

/** Where `gatehouse bridge` serves each program. */
const explainBridge = ({ backends, bridge }: GatehouseModel): readonly Explanation[] =>
  backends.flatMap(({ name, url, stdio }) =>
    stdio === undefined
      ? []
      : [
          {
            path: `backends.${name}.url`,
            value: url,
            because:
              bridge.secret === undefined
                ? 'gatehouse bridge runs its program there, for everybody on that machine'
                : 'gatehouse bridge runs its program there, for the proxy alone',
          },
        ],
  );

function describeStrategy(strategy: OutgoingStrategy<ConfiguredSecret>): string {
  switch (strategy.type) {
    case 'unauthenticated':
      return 'no credential';
    case 'headerInjection':
      return `header ${strategy.headerName} from ${strategy.headerValue.reference}${strategy.scheme === undefined ? '' : ` behind ${strategy.scheme}`}, the same for everybody`;
    case 'userHeader':
      return `“${strategy.secret.label}” of each person${describeDestination(strategy)}, entered on the connections page`;
    case 'upstreamInject':
      return `access token of ${strategy.providerName}${describeDestination(strategy)}`;
    case 'tokenExchange':
      return `token exchanged at ${new URL(strategy.tokenUrl).origin} for ${
        strategy.subjectProviderName === undefined
          ? `the caller's ${strategy.subjectFromCaller === true ? 'own token of the external issuer' : 'Gatehouse token'}`
          : `the ${strategy.subjectTokenType} of ${strategy.subjectProviderName}`
      }${describeActor(strategy)}${describeDestination(strategy)}`;
    case 'xaa':
      return `token of ${new URL(strategy.target.tokenUrl).origin} for the id_token of ${strategy.subjectProviderName}, by an assertion of ${new URL(strategy.idp.tokenUrl).origin}${describeDestination(strategy)}`;
    case 'obo':
      return `token of ${new URL(strategy.tokenUrl).origin} on behalf of the person, for the access token of ${strategy.subjectTokenProviderName}${describeDestination(strategy)}`;
    case 'awsSts':
      return `requests signed with temporary credentials of AWS from ${new URL(strategy.stsUrl).origin}, for ${strategy.subjectFromCaller === true ? "the caller's own token of the external issuer" : `the ${strategy.subjectTokenType} of ${strategy.subjectProviderName}`}${describeDestination(strategy)}`;
    case 'googleServiceAccount':
      return `${strategy.audience === undefined ? 'access token' : `id_token for ${strategy.audience}`} of a Google service account, the same for everybody${describeDestination(strategy)}`;
    case 'clientCredentials':
      return `token of the gateway itself from ${new URL(strategy.tokenUrl).origin}, the same for everybody${describeDestination(strategy)}`;
  }
}

const describeActor = ({ actor }: TokenExchange<ConfiguredSecret>): string =>
  actor === undefined
    ? ''
    : `, with ${actor.from === 'provider' ? `the ${actor.token} of ${actor.providerName}` : 'a token of the gateway itself'} as the actor’s`;

/** Only what is not as usual. */
const describeDestination = ({ header, allowedHosts }: TokenDestination): string =>
  [
    header === undefined
      ? ''
      : ` as ${header.headerName}${header.scheme === '' ? '' : `: ${header.scheme} …`}`,
    allowedHosts === undefined ? '' : `, only to ${allowedHosts.join(', ')}`,
  ].join('');

/** Every party to which requests may leave over http or to private addresses. */
const explainEgress = (model: GatehouseModel): readonly Explanation[] =>
  [
    ...model.backends.map((backend) => ({ path: `backends.${backend.name}`, ...backend })),
    ...(model.authServer?.upstreamProviders ?? []).map((provider) => ({
      path: `authServer.upstreamProviders.${provider.name}`,
      allowPrivateIps: provider.allowPrivateIps,
      insecureAllowHttp: provider.insecureAllowHttp,
    })),
  ]
    .filter(({ allowPrivateIps, insecureAllowHttp }) => allowPrivateIps || insecureAllowHttp)
    .map(({ path, allowPrivateIps, insecureAllowHttp }) => ({
      path: `${path}.egress`,
      value: [...(allowPrivateIps ? ['private addresses'] : []), ...(insecureAllowHttp ? ['http'] : [])].join(
        ', ',
      ),
      because: 'on localhost, or its opt-outs are written',
    }));

const explainWayOut = ({
  wayOut: { httpProxy, httpsProxy, noProxy },
}: GatehouseModel): readonly Explanation[] =>
  [{ scheme: 'https', proxy: httpsProxy } as const, { scheme: 'http', proxy: httpProxy } as const].flatMap(
    ({ scheme, proxy }) =>
      proxy === undefined
        ? []
        : [
            {
              path: `egress.proxy (${scheme})`,
              value: proxy.url,
              because: `every ${scheme} request of the services leaves through it, except to: ${noProxy.join(', ') || 'nothing'}`,
            },
          ],
  );

/** Which service reads which secret: what each must find in its environment or its mounted files. */
function explainSecrets(model: GatehouseModel): readonly Explanation[] {
  const { authServer, vault, postgres, nats, outgoingAuth } = model;
  const registration = authServer?.clientRegistration;
  const secrets: readonly (readonly [string, ConfiguredSecret | undefined])[] = [
    ...explainedSigningKeys(authServer),
    ...(authServer?.keyEncryptionKeys ?? []).map(
      ({ id, key }) => [`authServer.keyEncryptionKeys.${id}`, key] as const,
    ),
    ['authServer.clientRegistration.initialAccessToken', registration?.initialAccessToken],
    ['authServer.mtls.certificateAuthorities', authServer?.requestProtection.mtls?.certificateAuthorities],
    ...(registration?.clients ?? []).map(
      ({ clientId, clientSecret }) =>
        [`authServer.clientRegistration.clients.${clientId}`, clientSecret] as const,
    ),
    ...(authServer?.upstreamProviders ?? []).flatMap(
      ({ name, clientSecret, clientKey, registration: own }) =>
        [
          [`authServer.upstreamProviders.${name}`, clientSecret],
          [`authServer.upstreamProviders.${name}.clientKey`, clientKey?.key],
          [`authServer.upstreamProviders.${name}.dcrConfig.initialAccessToken`, own?.initialAccessToken],
        ] as const,
    ),
    ...[
      ['outgoingAuth.default', outgoingAuth.default] as const,
      ...[...outgoingAuth.backends].map(
        ([name, strategy]) => [`outgoingAuth.backends.${name}`, strategy] as const,
      ),
    ].flatMap(([name, strategy]) => secretsOf(name, strategy)),
    ...explainedCertificates(model),
    ['egress.proxy.credentials', model.wayOut.httpsProxy?.credentials],
    ['egress.proxy.caBundle', model.wayOut.httpsProxy?.caBundle],
    ...explainedCollector(model),
    ['bridge.secret', model.bridge.secret],
    ...model.backends.flatMap(({ name, stdio }) =>
      [...(stdio?.secretEnv ?? [])].map(
        ([variable, value]) => [`backends.${name}.secretEnv.${variable}`, value] as const,
      ),
    ),
    ...vault.keyEncryptionKeys.map(({ id, key }) => [`vault.keyEncryptionKeys.${id}`, key] as const),
    ...vault.requestKeys.map(({ id, key }) => [`vault.requestKeys.${id}`, key] as const),
    ['postgres.authorizationServer.url', postgres.authorizationServer?.url],
    ['postgres.tokenVault.url', postgres.tokenVault.url],
    ['postgres.tokenVault.ownerUrl', postgres.tokenVault.ownerUrl],
    ['nats.credentials', nats.credentials],
    ['nats.provisioningCredentials', nats.provisioningCredentials],
  ];
  return secrets.flatMap(([path, secret]) =>
    secret === undefined
      ? []
      : [
          {
            path,
            value: secret.reference,
            because: `read by ${secret.owners.join(', ') || 'the command line alone'}`,
          },
        ],
  );
}

const explainedCollector = ({ telemetry: { otlp } }: GatehouseModel) => [
  ...[...(otlp?.headers ?? [])].map(([name, value]) => [`telemetry.otlp.headers.${name}`, value] as const),
  ['telemetry.otlp.caBundle', otlp?.caBundle] as const,
];

const explainedCertificates = ({ backends, authServer, incomingAuth, outgoingAuth }: GatehouseModel) => [
  ...backends.map(({ name, caBundle }) => [`backends.${name}.caBundle`, caBundle] as const),
  ...(authServer?.upstreamProviders ?? []).map(
    ({ name, caBundle }) => [`authServer.upstreamProviders.${name}.caBundle`, caBundle] as const,
  ),
  ...[...outgoingAuth.backends].map(
    ([name, strategy]) =>
      [
        `outgoingAuth.backends.${name}.caBundle`,
        isIssuedToken(strategy) ? strategy.caBundle : undefined,
      ] as const,
  ),
  [
    'incomingAuth.oidc.caBundle',
    incomingAuth.type === 'oidc' ? incomingAuth.oidc.caBundle : undefined,
  ] as const,
];

function secretsOf(
  name: string,
  strategy: OutgoingStrategy<ConfiguredSecret>,
): readonly (readonly [string, ConfiguredSecret | undefined])[] {
  if (strategy.type === 'headerInjection') return [[name, strategy.headerValue]];
  if (!isIssuedToken(strategy)) return [];
  if (strategy.type === 'googleServiceAccount')
    return [[`${name}.serviceAccountKey`, strategy.serviceAccountKey]];
  return tokenEndpointsOf(strategy).flatMap(({ party, fieldOf }) => [
    [`${name}.${fieldOf('clientSecret')}`, party.clientSecret],
    [`${name}.${fieldOf('clientKey')}`, party.clientKey],
  ]);
}
