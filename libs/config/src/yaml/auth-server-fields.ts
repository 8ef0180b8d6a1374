import { z } from 'zod';
import { KNOWN_REDIRECT_SCHEMES } from '../urls/client-uris.js';
import { DURATION_BOUNDS, MAX_AUTHORIZATION_PARAMS } from '../model/bounds.js';
import {
  PROVIDER_REQUIREMENTS,
  RECONNECT_PROMPTS,
  TOKEN_ENDPOINT_AUTH_METHODS,
} from '../model/upstream-provider.js';
import {
  block,
  choice,
  egress,
  facts,
  flag,
  keyEncryptionKeys,
  list,
  mapOf,
  secret,
  text,
} from './fields.js';
import { mcpConfig } from './mcp-fields.js';

const scopes = (about: string, derived?: string) =>
  list(text('scope', 'One scope.'), about, derived === undefined ? {} : { derived });

const additionalAuthorizationParams = mapOf(
  { name: 'parameter', format: 'parameterName' },
  text('identifier', 'Value, sent as it stands.'),
  `Up to ${MAX_AUTHORIZATION_PARAMS} further parameters of the authorization request, such as \`prompt\` or \`access_type\`. Parameters that the protocol itself uses are refused.`,
).prefault({});

const reconnectPrompt = choice(
  RECONNECT_PROMPTS,
  'How a person chooses an account when they sign in again or reconnect: a new `login`, or `select_account`, each beside the configured `prompt`; or `none`: nothing is added. Google knows `select_account` and no `login`.',
  {
    derived:
      'what the client asked for; else a configured `prompt` alone; else `login` for `type: oidc`, and nothing for `oauth2`',
  },
).exactOptional();

const redirectUri = text(
  'url',
  'Where the provider sends the browser back to; what has to be registered there, exactly. Only for a registration that cannot be changed: `<issuer>/oauth/callback`, or one below it.',
  { derived: '`<issuer>/oauth/callback/<name>`' },
).exactOptional();

const oidcConfig = block('For `type: oidc`: a provider with OpenID Connect discovery.', {
  issuerUrl: text('url', 'Issuer; compared exactly with the discovery document and the id_token.'),
  clientId: text('identifier', 'Client id that the provider gave to this gateway.'),
  clientSecret: secret('Client secret; left out: a public client (PKCE only).').exactOptional(),
  redirectUri,
  scopes: scopes('Scopes to ask for; must contain `openid`.').default(['openid', 'offline_access']),
  subjectClaim: text('claimName', 'Top-level text claim of the id_token that identifies the person.').default(
    'sub',
  ),
  tokenEndpointAuthMethod: choice(
    TOKEN_ENDPOINT_AUTH_METHODS,
    'How the client secret is sent to the token endpoint.',
    { derived: 'from the discovery document' },
  ).exactOptional(),
  additionalAuthorizationParams,
  reconnectPrompt,
});

const fieldMapping = block(
  'Fields of the answer; of each list the first field that holds a non-empty value wins.',
  {
    subjectFields: list(text('identifier', 'Field.'), 'What identifies the person.').default(['sub']),
    nameFields: list(text('identifier', 'Field.'), 'What the person is called.').default(['name']),
    emailFields: list(text('identifier', 'Field.'), 'Electronic mail address.').default(['email']),
  },
);

const userInfo = block('The endpoint that says who signed in.', {
  endpointUrl: text('url', 'Asked with the new access token (GET).'),
  additionalHeaders: mapOf(
    { name: 'header', format: 'headerName' },
    text('headerValue', 'Value.'),
    'Further request headers. Not for secrets.',
  ).prefault({}),
  fieldMapping: fieldMapping.prefault({}),
});

const oauth2Config = block('For `type: oauth2`: a provider without OpenID Connect.', {
  issuer: text(
    'url',
    'What the provider sends as `iss` with every answer (RFC 9207), compared exactly; GitHub sends `https://github.com/login/oauth`. Written: an answer without it is refused too. Left out, for a provider that sends none: an `iss` is refused only where it is, or lies at, another configured provider’s.',
  ).exactOptional(),
  authorizationEndpoint: text('url', 'Where the browser is sent.'),
  tokenEndpoint: text('url', 'Where codes and refresh tokens are redeemed.'),
  revocationEndpoint: text('url', 'RFC 7009; asked when a connection is revoked.').exactOptional(),
  clientId: text('identifier', 'Client id that the provider gave to this gateway.'),
  clientSecret: secret('Client secret; left out: a public client (PKCE only).').exactOptional(),
  redirectUri,
  scopes: scopes('Scopes to ask for.').default([]),
  tokenEndpointAuthMethod: choice(
    TOKEN_ENDPOINT_AUTH_METHODS,
    'How the client secret is sent to the token endpoint.',
    { derived: '`client_secret_basic` with a client secret, else `none`' },
  ).exactOptional(),
  additionalAuthorizationParams,
  reconnectPrompt,
  userInfo,
});

/** Under which block a provider of each type has its fields. */
export const PROVIDER_BLOCKS = { oidc: 'oidcConfig', oauth2: 'oauth2Config', mcp: 'mcpConfig' } as const;

const provider = block(
  'One identity provider.',
  {
    name: text('dnsLabel', 'What strategies refer to; unique.'),
    type: choice(['oidc', 'oauth2', 'mcp'], 'Kind of provider.'),
    requirement: choice(
      PROVIDER_REQUIREMENTS,
      '`required`: every sign-in visits it; `optional`: the person may skip it; `onDemand`: visited when a tool needs it.',
    ).default('required'),
    oidcConfig: oidcConfig.exactOptional(),
    oauth2Config: oauth2Config.exactOptional(),
    mcpConfig: mcpConfig.exactOptional(),
    timeout: text(
      'duration',
      `For one request to the provider; ${DURATION_BOUNDS.providerRequest.text}.`,
    ).default('10s'),
    ...egress,
  },
  { blocks: PROVIDER_BLOCKS },
);

const clientRegistration = block('How MCP clients become known.', {
  dynamic: choice(
    ['open', 'initialAccessToken', 'off'],
    'Dynamic Client Registration (RFC 7591): open to all clients, only with the initial access token, or not at all.',
  ).default('open'),
  initialAccessToken: secret(
    'What a client must show with `dynamic: initialAccessToken`; at least 32 characters.',
  ).exactOptional(),
  metadataDocuments: block('Client ID Metadata Documents: the client id is the URL of its description.', {
    enabled: z.boolean().register(facts, { about: 'Whether they are accepted.' }).default(true),
    allowedHosts: list(
      text('hostPattern', 'A host, `*.domain` for every host below it, or `*`.'),
      'Hosts whose documents are accepted.',
    ).default(['*']),
    allowPrivateIps: flag('Also fetch documents from private and loopback addresses (development).'),
  }).prefault({}),
  redirectSchemes: list(
    text('uriScheme', 'A scheme, such as `myeditor`.'),
    `Further schemes by which installed applications are called back, for clients of every kind. Schemes with a period (\`com.example.app\`) and those of known editors (${KNOWN_REDIRECT_SCHEMES.map((scheme) => `\`${scheme}\``).join(', ')}) need not be listed.`,
  ).default([]),
  clients: list(
    block('One client.', {
      clientId: text('identifier', 'Client id.'),
      clientName: text('identifier', 'Shown to the person who approves it.'),
      redirectUris: list(
        text('identifier', 'https, http on localhost, or an allowed private-use scheme (RFC 8252).'),
        'Compared exactly.',
      ),
      clientSecret: secret('Left out: a public client. At least 32 characters.').exactOptional(),
    }),
    'Pre-registered clients.',
  ).default([]),
});

const tokenLifespans = block('How long what is issued lives.', {
  accessTokenLifespan: text('duration', `Access token; ${DURATION_BOUNDS.accessToken.text}.`).default('15m'),
  refreshTokenLifespan: text(
    'duration',
    `Refresh token, anew with each rotation; ${DURATION_BOUNDS.refreshToken.text}.`,
  ).default('7d'),
  authCodeLifespan: text('duration', `Authorization code; ${DURATION_BOUNDS.authCode.text}.`).default('60s'),
  sessionLifespan: text(
    'duration',
    `Everything that comes from one sign-in, however often it is renewed; ${DURATION_BOUNDS.session.text}, and no shorter than \`refreshTokenLifespan\`.`,
    { derived: '`30d`, or `refreshTokenLifespan` where that is longer' },
  ).exactOptional(),
});

export const authServer = block(
  'The embedded authorization server; left out: `incomingAuth` names an external issuer.',
  {
    issuer: text('url', 'Issuer identifier (RFC 8414): no query, fragment or trailing slash.', {
      derived: '`publicUrl`',
    }).exactOptional(),
    authorizationEndpointBaseUrl: text(
      'url',
      'Only `authorization_endpoint` moves there. A browser that begins at another host than the issuer’s is sent on to the issuer’s at once, where its cookies are.',
    ).exactOptional(),
    primaryUpstreamProvider: text('identifier', 'The provider that decides who the person is.', {
      derived: 'the first provider',
    }).exactOptional(),
    insecureAllowHttp: flag('An `http:` issuer is accepted on other hosts than localhost.'),
    trustedProxies: list(
      text('network', 'An address or a network.'),
      'Reverse proxies in front of the authorization server: what they write into `X-Forwarded-For` tells callers apart, so that rate limits and connection limits count people and not the proxy.',
    ).default([]),
    tokenLifespans: tokenLifespans.prefault({}),
    signingKeys: list(
      secret('PEM private key: RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519.'),
      'The first signs, all are published; left out: made once and kept in the database, sealed.',
    ).default([]),
    keyEncryptionKeys: keyEncryptionKeys(
      'Keys that seal the authorization server’s own keys; the first seals, all open. 32 bytes as base64, base64url or hex.',
    ),
    clientRegistration: clientRegistration.prefault({}),
    scopesSupported: scopes('Scopes that clients may ask for.').default([
      'openid',
      'profile',
      'email',
      'offline_access',
    ]),
    baselineClientScopes: scopes(
      'Added to what every client may ask for; a subset of `scopesSupported`.',
      'those of `openid`, `offline_access` that are supported',
    ).exactOptional(),
    resourceIndicator: choice(
      ['required', 'optional'],
      'Whether an authorization request must carry the `resource` parameter (RFC 8707).',
    ).default('required'),
    connectionReuse: choice(
      ['always', 'confirm', 'never'],
      'What a new sign-in does with a live connection of the same account: use it, ask first, or visit the provider again. With every value, a person is asked at each sign-in of a client that another program could impersonate.',
    ).default('confirm'),
    upstreamProviders: list(provider, 'Identity providers, visited in this order.'),
  },
);
