import { PROFILE_NAMES } from '../model/profile-names.js';

/** What people write who know other gateways, and what it is here. By the name in small letters. */
type Mistakes = Readonly<Record<string, string>>;

const COMMAND = 'command: [program, argument] in the place of url and transport: the bridge runs it';

export const TRANSPORT_MISTAKES: Mistakes = {
  stdio: COMMAND,
  http: 'streamable-http',
  https: 'streamable-http',
  'http-stream': 'streamable-http',
  'streamable-https': 'streamable-http',
  'http+sse': 'sse',
  websocket: 'streamable-http: MCP has no transport over WebSocket',
  ws: 'streamable-http: MCP has no transport over WebSocket',
};

const profile = (name: string): string => `provider: ${name} in the place of type`;

export const PROVIDER_TYPE_MISTAKES: Mistakes = {
  ...Object.fromEntries(PROFILE_NAMES.map((name) => [name, profile(name)])),
  azure: profile('entra'),
  azuread: profile('entra'),
  'azure-ad': profile('entra'),
  microsoft: profile('entra'),
  openid: 'oidc',
  'openid-connect': 'oidc',
  openidconnect: 'oidc',
  oauth: 'oauth2',
  'oauth2.0': 'oauth2',
  'oauth2.1': 'oauth2',
  saml: 'oidc, or a provider such as keycloak or dex that knows SAML',
  saml2: 'oidc, or a provider such as keycloak or dex that knows SAML',
  ldap: 'oidc, or a provider such as keycloak or dex that knows LDAP',
};

export const PROFILE_MISTAKES: Mistakes = {
  azure: 'entra',
  azuread: 'entra',
  'azure-ad': 'entra',
  microsoft: 'entra',
  aad: 'entra',
  jira: 'atlassian',
  confluence: 'atlassian',
  gmail: 'google',
  gsuite: 'google',
  aws: 'cognito',
  oidc: 'no provider, and type: oidc with oidcConfig',
  oauth2: 'no provider, and type: oauth2 with oauth2Config',
};

export const BACKEND_MISTAKES: Mistakes = {
  type: 'transport, or command for a program',
  args: 'command: [program, argument, …]',
  arguments: 'command: [program, argument, …]',
  headers: 'outgoingAuth.backends.<name> with type: headerInjection',
  auth: 'outgoingAuth.backends.<name>',
  authorization: 'outgoingAuth.backends.<name>',
  token: 'outgoingAuth.backends.<name> with type: headerInjection and a reference to the secret',
  apikey: 'outgoingAuth.backends.<name> with type: headerInjection and a reference to the secret',
  externalauthconfigref: 'outgoingAuth.backends.<name>',
  endpoint: 'url',
  uri: 'url',
  host: 'url',
  tools: 'aggregation.tools, with workload: <name>',
  enabled: 'nothing: a backend that is not wanted is left out',
  disabled: 'nothing: a backend that is not wanted is left out',
};

export const DOCUMENT_MISTAKES: Mistakes = {
  mcpservers: 'backends, a list with a name for each',
  servers: 'backends',
  upstreams: 'authServer.upstreamProviders for providers, backends for MCP servers',
  providers: 'authServer.upstreamProviders',
  upstreamproviders: 'authServer.upstreamProviders',
  auth: 'authServer, incomingAuth or outgoingAuth',
  authserverconfig: 'authServer',
  config: 'its fields here, without this block',
  spec: 'its fields here, without this block',
  apiversion: 'a file of this form has no apiVersion',
  redis: 'postgres and nats: nothing is kept in Redis',
  database: 'postgres, with one role for each service',
  url: 'publicUrl',
  baseurl: 'publicUrl',
  port: 'listen.proxy.port',
  host: 'listen.proxy.host',
  tls: 'a proxy in front that ends TLS, and an https publicUrl',
  cors: 'allowedOrigins',
  scopes: 'incomingAuth.oidc.scopes for those of callers, and those of each provider',
  clients: 'authServer.clientRegistration.clients',
  signingkeys: 'authServer.signingKeys',
  keyencryptionkeys: 'authServer.keyEncryptionKeys and vault.keyEncryptionKeys, other ones in each',
};

export const PROVIDER_MISTAKES: Mistakes = {
  issuer: 'oidcConfig: { issuerUrl }',
  issuerurl: 'oidcConfig: { issuerUrl }',
  clientid: 'oidcConfig or oauth2Config, or provider: <name> beside it',
  clientsecret: 'oidcConfig or oauth2Config, or provider: <name> beside it',
  scopes: 'oidcConfig or oauth2Config, or provider: <name> beside it',
  redirecturi: 'oidcConfig or oauth2Config: { redirectUri }; left out, it is <issuer>/oauth/callback/<name>',
  config: 'oidcConfig, oauth2Config or mcpConfig',
};

export const OPENID_DCR_MISTAKES: Mistakes = {
  discoveryurl: 'nothing: issuerUrl says where the discovery document is',
};

export const OAUTH2_MISTAKES: Mistakes = {
  issuerurl: 'issuer, if the provider sends it as iss; type: oidc, if it has a discovery document',
  authorizationurl: 'authorizationEndpoint',
  authorizeurl: 'authorizationEndpoint',
  authurl: 'authorizationEndpoint',
  tokenurl: 'tokenEndpoint',
  userinfourl: 'userInfo: { endpointUrl }',
  userinfoendpoint: 'userInfo: { endpointUrl }',
};
