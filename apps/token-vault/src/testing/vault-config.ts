import { randomBytes } from 'node:crypto';
import { ownCallback } from '@gatehouse/config/urls/callbacks';
import { STANDARD_DIALECT } from '@gatehouse/config/model/provider-dialect';
import type { AwsSts } from '@gatehouse/config/model/aws-sts';
import type { ClientCredentials } from '@gatehouse/config/model/client-credentials';
import type { GoogleServiceAccount } from '@gatehouse/config/model/google-service-account';
import type { Obo } from '@gatehouse/config/model/obo';
import type { TokenExchange } from '@gatehouse/config/model/outgoing-auth';
import type { OAuth2Protocol, UpstreamProvider, UserInfo } from '@gatehouse/config/model/upstream-provider';
import type { BackendCredential } from '@gatehouse/config/parts';
import type { EndpointParty, Xaa } from '@gatehouse/config/model/xaa';
import { Secret } from '@gatehouse/kernel/secret';
import type { BusOptions } from '@gatehouse/messaging/bus-options';
import type { TokenVaultPart } from '@gatehouse/config/parts';

export const ISSUER = 'http://localhost:4484';

/** No stub takes that long, however busy the machine is; a spec of one that hangs sets its own. */
const PATIENCE_MS = 20_000;

const local = (name: string) =>
  ({
    name,
    allowPrivateIps: true,
    insecureAllowHttp: true,
    requirement: 'required',
    redirectUri: ownCallback(ISSUER, name),
    timeoutMs: PATIENCE_MS,
  }) as const;

const client = {
  clientId: 'gatehouse',
  clientSecret: new Secret('stub-secret'),
  additionalAuthorizationParams: {},
  dialect: STANDARD_DIALECT,
};

export const oidcProvider = (
  name: string,
  issuer: string,
  more: Partial<UpstreamProvider<Secret>> = {},
): UpstreamProvider<Secret> => ({
  ...local(name),
  ...client,
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  protocol: { type: 'oidc', issuer, subjectClaim: 'sub', idTokenSignedWith: 'keySet' },
  ...more,
});

export const userInfoAt = (endpointUrl: string): UserInfo => ({
  from: 'userInfo',
  endpointUrl,
  method: 'GET',
  additionalHeaders: {},
  fieldMapping: { subjectFields: ['id'], nameFields: ['name'], emailFields: ['email'] },
});

export const oauth2Provider = (
  name: string,
  base: string,
  more: Partial<OAuth2Protocol> = {},
): UpstreamProvider<Secret> & { readonly protocol: OAuth2Protocol } => ({
  ...local(name),
  ...client,
  scopes: ['repo'],
  tokenEndpointAuthMethod: 'client_secret_basic',
  protocol: {
    type: 'oauth2',
    authorizationEndpoint: `${base}/authorize`,
    tokenEndpoint: `${base}/token`,
    revocationEndpoint: `${base}/revoke`,
    identity: userInfoAt(`${base}/userinfo`),
    ...more,
  },
});

export const tokenExchange = (
  base: string,
  more: Partial<TokenExchange<Secret>> = {},
): TokenExchange<Secret> => ({
  type: 'tokenExchange',
  tokenUrl: `${base}/token`,
  clientId: 'gatehouse-exchange',
  clientSecret: new Secret('exchange-secret'),
  tokenEndpointAuthMethod: 'client_secret_basic',
  audience: 'tickets',
  scopes: [],
  subjectTokenType: 'access_token',
  timeoutMs: PATIENCE_MS,
  allowPrivateIps: true,
  insecureAllowHttp: true,
  ...more,
});

export const clientCredentials = (
  base: string,
  { clientSecret = new Secret('exchange-secret'), ...more }: Partial<ClientCredentials<Secret>> = {},
): ClientCredentials<Secret> => ({
  type: 'clientCredentials',
  tokenUrl: `${base}/token`,
  clientId: 'gatehouse-itself',
  ...(more.clientKey === undefined ? { clientSecret } : {}),
  tokenEndpointAuthMethod: 'client_secret_basic',
  scopes: [],
  timeoutMs: PATIENCE_MS,
  allowPrivateIps: true,
  insecureAllowHttp: true,
  ...more,
});

export const xaa = (
  idp: EndpointParty<Secret>,
  target: EndpointParty<Secret>,
  more: Partial<Xaa<Secret>> & Pick<Xaa<Secret>, 'targetAudience'>,
): Xaa<Secret> => ({
  type: 'xaa',
  idp,
  target,
  scopes: [],
  subjectProviderName: 'acme',
  timeoutMs: PATIENCE_MS,
  allowPrivateIps: true,
  insecureAllowHttp: true,
  ...more,
});

export const awsSts = (stsUrl: string, more: Partial<AwsSts<Secret>> = {}): AwsSts<Secret> => ({
  type: 'awsSts',
  region: 'eu-central-1',
  service: 'aws-mcp',
  stsUrl,
  roleMappings: [],
  sessionDurationMs: 3_600_000,
  sessionNameClaim: 'sub',
  subjectProviderName: 'acme',
  subjectTokenType: 'id_token',
  timeoutMs: PATIENCE_MS,
  allowPrivateIps: true,
  insecureAllowHttp: true,
  ...more,
});

export const googleServiceAccount = (
  tokenUrl: string,
  more: Partial<GoogleServiceAccount<Secret>> & Pick<GoogleServiceAccount<Secret>, 'serviceAccountKey'>,
): GoogleServiceAccount<Secret> => ({
  type: 'googleServiceAccount',
  tokenUrl,
  scopes: [],
  timeoutMs: PATIENCE_MS,
  allowPrivateIps: true,
  insecureAllowHttp: true,
  ...more,
});

export const obo = (
  tokenUrl: string,
  { clientSecret = new Secret('obo-secret'), ...more }: Partial<Obo<Secret>> = {},
): Obo<Secret> => ({
  type: 'obo',
  tokenUrl,
  tenant: { isUsed: false },
  clientId: 'gatehouse-obo',
  ...(more.clientKey === undefined ? { clientSecret } : {}),
  tokenEndpointAuthMethod: 'client_secret_post',
  scopes: ['api://tickets/.default'],
  subjectTokenProviderName: 'acme',
  cacheSkewMs: 0,
  timeoutMs: PATIENCE_MS,
  allowPrivateIps: true,
  insecureAllowHttp: true,
  ...more,
});

const KEY_ENCRYPTION_KEY = { id: 'test', key: new Secret(randomBytes(32).toString('base64url')) };

export interface VaultConfigOptions {
  readonly databaseUrl: Secret;
  readonly bus: BusOptions;
  readonly providers: TokenVaultPart['upstreamProviders'];
  readonly backends: Readonly<Record<string, BackendCredential>>;
  /** By backend; left out: none is known. */
  readonly bindings?: Readonly<Record<string, string>>;
  readonly userSecrets?: TokenVaultPart['userSecrets'];
  readonly claimMappings?: TokenVaultPart['claimMappings'];
  readonly machineClients?: readonly string[];
  readonly access?: TokenVaultPart['access'];
  readonly administrators?: TokenVaultPart['administrators'];
  /** Default: the one of all tests. */
  readonly keyEncryptionKeys?: TokenVaultPart['keyEncryptionKeys'];
}

export const vaultConfig = ({
  databaseUrl,
  bus,
  providers,
  backends,
  keyEncryptionKeys = [KEY_ENCRYPTION_KEY],
  claimMappings,
  machineClients = [],
  access,
  administrators,
  bindings = {},
  userSecrets = [],
}: VaultConfigOptions): TokenVaultPart => ({
  name: bus.gatewayName,
  publicUrl: 'http://localhost:4483',
  resourceUrl: 'http://localhost:4483/mcp',
  nats: bus,
  shutdownDelayMs: 0,
  shutdownTimeoutMs: 25_000,
  telemetry: { toolLabels: 100, audit: { enabled: false, arguments: [] } },
  listen: { internal: { host: '127.0.0.1', port: 0 } },
  issuer: ISSUER,
  upstreamProviders: providers,
  ...(providers[0] === undefined ? {} : { primaryUpstreamProvider: providers[0].name }),
  userSecrets,
  ...(claimMappings === undefined ? {} : { claimMappings }),
  ...(access === undefined ? {} : { access }),
  ...(administrators === undefined ? {} : { administrators }),
  backendCredentials: new Map(Object.entries(backends)),
  backendBindings: new Map(Object.entries(bindings)),
  machineClients,
  keyEncryptionKeys,
  databaseUrl,
});
