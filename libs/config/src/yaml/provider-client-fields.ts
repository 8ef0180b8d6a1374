import { MAX_AUTHORIZATION_PARAMS } from '../model/bounds.js';
import {
  BASIC_CREDENTIALS,
  MAPPED_MEMBERS,
  PKCE_METHODS,
  SCOPE_SEPARATORS,
  TOKEN_REQUEST_FORMATS,
  type MappedMember,
} from '../model/provider-dialect.js';
import {
  ASSERTION_AUDIENCES,
  RECONNECT_PROMPTS,
  TOKEN_ENDPOINT_AUTH_METHODS,
} from '../model/upstream-provider.js';
import { block, choice, list, mapOf, secret, text } from './fields.js';

export const scopes = (about: string, derived?: string) =>
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

const mapped = (member: MappedMember) =>
  text('answerPath', `Where \`${MAPPED_MEMBERS[member]}\` is.`).exactOptional();

/** Of every provider, whatever its type. */
export const clientFields = {
  clientId: text('identifier', 'Client id that the provider gave to this gateway.'),
  clientSecret: secret('Client secret; left out: a public client (PKCE only).').exactOptional(),
  clientKey: secret(
    'Private key (PEM) for `private_key_jwt`: RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519.',
  ).exactOptional(),
  clientKeyId: text('keyId', 'The `kid` that the provider knows the key by.').exactOptional(),
  redirectUri,
  basicCredentials: choice(
    BASIC_CREDENTIALS,
    'How `client_secret_basic` spells client id and secret: form-encoded (RFC 6749 section 2.3.1; `-`, `_` and `.` too), or `plain`, for a provider that does not decode them.',
  ).default('formEncoded'),
  pkce: choice(
    PKCE_METHODS,
    'Proof Key for Code Exchange (RFC 7636). `off` only for a provider that cannot do with it; then a client secret or key is required, and a nonce or the state alone ties the answer to the request.',
  ).default('S256'),
  scopeParameter: text(
    'parameterName',
    'The parameter of the authorization request that holds the scopes.',
  ).default('scope'),
  scopeSeparator: choice(SCOPE_SEPARATORS, 'What stands between two scopes.').default('space'),
  refreshScope: scopes(
    'Scopes to send with each refresh, for a provider that decides by them for whom the new token is (Entra). Empty: none are sent, and the grant keeps its own.',
  ).default([]),
  tokenRequestFormat: choice(
    TOKEN_REQUEST_FORMATS,
    'How requests to the token endpoint are written: as a form (RFC 6749), or as JSON.',
  ).default('form'),
  tokenRequestHeaders: mapOf(
    { name: 'header', format: 'headerName' },
    text('headerValue', 'Value.'),
    'Further headers of requests to the token endpoint. Not for secrets.',
  ).prefault({}),
  tokenResponseMapping: block(
    'For a token answer that keeps its members elsewhere: the path of each, such as `authed_user.access_token`. With `accessToken` written, a code’s answer without a token there grants nothing, and what it grants otherwise is given back; a refresh may be answered either way.',
    {
      accessToken: mapped('accessToken'),
      refreshToken: mapped('refreshToken'),
      expiresIn: mapped('expiresIn'),
      idToken: mapped('idToken'),
      scope: mapped('scope'),
      tokenType: mapped('tokenType'),
    },
  ).prefault({}),
  additionalAuthorizationParams,
  reconnectPrompt,
};

export const tokenEndpointAuthMethod = (derived: string) =>
  choice(TOKEN_ENDPOINT_AUTH_METHODS, 'How this gateway proves itself to the token endpoint.', {
    derived,
  }).exactOptional();

export const clientAssertionAudience = (derived: string) =>
  choice(ASSERTION_AUDIENCES, 'What the assertions of `private_key_jwt` name as `aud`.', {
    derived,
  }).exactOptional();
