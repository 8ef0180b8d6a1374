/** What each route of the authorization server is for: see http-descriptions.mjs. */
import { registrationManagement } from './http-registration.mjs';

const PAGE = 'text/html';
export const JSON_TYPE = 'application/json';

export const page = (about, statuses) => ({ by: 'person', about, statuses, type: PAGE });
const PAGE_OR_WAY_ON = {
  200: 'a page',
  302: 'on to the provider',
  303: 'on to the next page, or to the client',
  400: 'a page that says what is wrong and where to go on',
  403: 'the page is not current any more, or the form is of another page',
  503: 'not a visit of a person, or a part of the gateway is unavailable',
};

export const preflight = {
  by: 'page of a browser client',
  about: 'What a browser asks before a page of another site may call (CORS).',
  statuses: {
    204: 'the headers say what is allowed',
    403: 'pages of that site may not call: `allowedOrigins`',
  },
};

export const oauthErrors = {
  400: 'an OAuth error',
  401: 'the client did not prove itself',
  503: '`temporarily_unavailable`: ask again',
};

export const FORM = 'application/x-www-form-urlencoded';

const AUTHORIZE_QUERY = {
  client_id: 'Id of the client, or the URL of its metadata document.',
  redirect_uri: 'Where the code goes; one that the client has registered.',
  response_type: '`code`.',
  code_challenge: 'RFC 7636; every client has one.',
  code_challenge_method: '`S256`.',
  resource: 'RFC 8707: the MCP endpoint that the token is for.',
  scope: 'Scopes, apart by blanks.',
  state: 'Comes back with the code.',
};

export const authorizationServer = {
  '/': { GET: page('Says what this gateway is, and leads to the connections.', { 200: 'a page' }) },
  '/.well-known/oauth-authorization-server': {
    GET: {
      by: 'client',
      about: 'Metadata of the authorization server (RFC 8414).',
      statuses: { 200: 'the metadata' },
      type: JSON_TYPE,
      members: [
        'issuer',
        'authorization_endpoint',
        'token_endpoint',
        'jwks_uri',
        'code_challenge_methods_supported',
      ],
    },
  },
  '/.well-known/openid-configuration': {
    GET: {
      by: 'client',
      about: 'The same for OpenID Connect Discovery, where `openid` is among `scopesSupported`.',
      statuses: { 200: 'the metadata', 404: '`openid` is not supported here' },
      type: JSON_TYPE,
      members: ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri'],
    },
  },
  '/.well-known/jwks.json': {
    GET: {
      by: 'client or resource server',
      about: 'Public keys that verify tokens (RFC 7517).',
      statuses: { 200: 'the key set' },
      type: 'application/jwk-set+json',
      members: ['keys'],
    },
  },
  '/oauth/authorize': {
    GET: {
      ...page('Begins a sign-in for a client (RFC 6749, section 4.1.1). PKCE and `resource` are looked at.', {
        302: 'on to the issuer’s host, with `authorizationEndpointBaseUrl`',
        303: 'on to the sign-in, or back to the client with an error',
        400: 'a page: the client or its `redirect_uri` is not known',
      }),
      query: AUTHORIZE_QUERY,
    },
    POST: {
      ...page(
        'The same by a form (OpenID Connect Core, section 3.1.2.1). The browser is sent on to the `GET`, so that its cookies come along.',
        {
          303: 'on to the same request as a `GET`',
          400: 'a page: no form, or longer than an address can be',
        },
      ),
      form: AUTHORIZE_QUERY,
    },
  },
  '/oauth/begin': {
    GET: {
      ...page('A sign-in that began at `authorizationEndpointBaseUrl` goes on here.', {
        303: 'on to the sign-in, or back to the client with an error',
        400: 'a page: the client or its `redirect_uri` is not known',
      }),
      query: AUTHORIZE_QUERY,
    },
  },
  '/oauth/authorize/{uid}': {
    GET: page('The end of a sign-in: the code goes to the client.', {
      200: 'a page: the code was handed out, or the sign-in is over',
      303: 'to the client, or back to a step that is open',
      400: 'a page: this browser has no such sign-in',
      503: 'not a visit of a person',
    }),
  },
  '/oauth/token': {
    POST: {
      by: 'client',
      about: 'Redeems a code or a refresh token (RFC 6749); gives tokens without a browser (RFC 8693, 7523).',
      statuses: { 200: 'an access token, and a refresh token', ...oauthErrors },
      type: JSON_TYPE,
      form: {
        grant_type: '`authorization_code`, `refresh_token`, `client_credentials`, or a URN.',
        code: 'Of the callback.',
        code_verifier: 'RFC 7636.',
        redirect_uri: 'As at the beginning.',
        refresh_token: 'The latest one.',
        device_code: 'Of a machine without a browser (RFC 8628).',
        client_id: 'Of a public client.',
        resource: 'RFC 8707: as at the beginning.',
      },
    },
    OPTIONS: preflight,
  },
  '/oauth/par': {
    POST: {
      by: 'client',
      about:
        'Takes an authorization request before a browser brings it (RFC 9126), as parameters or as a signed `request` (RFC 9101).',
      statuses: { 201: 'a `request_uri` for one sign-in, good for a minute', ...oauthErrors },
      type: JSON_TYPE,
      form: {
        client_id: 'Of a public client.',
        client_assertion: 'Of a client with keys (RFC 7523).',
        request: 'Instead of the other parameters of an authorization request.',
      },
    },
    OPTIONS: preflight,
  },
  '/oauth/revoke': {
    POST: {
      by: 'client',
      about: 'Ends a sign-in by its token (RFC 7009): the session and all its tokens.',
      statuses: { 200: 'done, or there was nothing to do', ...oauthErrors },
      type: JSON_TYPE,
      form: { token: 'A token of this client.', client_id: 'Of a public client.' },
    },
    OPTIONS: preflight,
  },
  '/oauth/introspect': {
    POST: {
      by: 'resource server',
      about:
        'Whether a token is good, and what it says (RFC 7662); signed where `Accept` asks for that (RFC 9701). For clients of the configuration with `introspection`.',
      statuses: {
        200: 'what the token says, or `active: false`',
        404: 'no client may ask here',
        ...oauthErrors,
      },
      type: JSON_TYPE,
      form: { token: 'The token.', token_type_hint: '`access_token` or `refresh_token`; not needed.' },
    },
  },
  '/oauth/userinfo': Object.fromEntries([
    ...['GET', 'POST'].map((method) => [
      method,
      {
        by: 'client',
        about:
          'What is kept of the person of an access token with `openid` (OpenID Connect Core, section 5.3): `sub`, and with `profile` and `email` those.',
        statuses: {
          200: 'the claims',
          400: '`invalid_request`: two tokens, or what is none',
          401: 'no token, or one that is not valid: `WWW-Authenticate` says so',
          403: '`insufficient_scope`: the token lacks `openid`',
          404: '`openid` is not supported here',
          503: '`temporarily_unavailable`: ask again',
        },
        type: JSON_TYPE,
        ...(method === 'POST' ? { form: { access_token: 'The token, where no header has it.' } } : {}),
      },
    ]),
    ['OPTIONS', preflight],
  ]),
  '/oauth/register': {
    POST: {
      by: 'client',
      about: 'Registers a client (RFC 7591), where `clientRegistration.dynamic` is not `off`.',
      statuses: {
        201: 'the registered client',
        400: 'metadata that is not accepted',
        401: 'the initial access token is missing or wrong',
        404: 'switched off',
        503: '`temporarily_unavailable`: ask again',
      },
      type: JSON_TYPE,
      json: {
        redirect_uris: 'Where codes may go.',
        client_name: 'What people read when they are asked.',
        token_endpoint_auth_method:
          '`none`, `client_secret_basic`, `client_secret_post`, `private_key_jwt`; with `mtls` those of RFC 8705.',
        jwks: 'Public keys, or `jwks_uri`.',
        grant_types: '`authorization_code`, `refresh_token`; for devices that of RFC 8628.',
        scope: 'Scopes that it may ask for.',
      },
    },
    OPTIONS: preflight,
  },
  ...registrationManagement(preflight, JSON_TYPE),
  '/oauth/callback': {
    GET: page(
      'Where providers send browsers back to that share one callback (`redirectUri`).',
      PAGE_OR_WAY_ON,
    ),
  },
  '/oauth/callback/{callback}': {
    GET: page('Where a provider sends browsers back to: each has its own.', PAGE_OR_WAY_ON),
  },
  '/oauth/client-metadata/{provider}': {
    GET: {
      by: 'authorization server of a backend',
      about:
        'Metadata document of the gateway as a client (Client ID Metadata Document), for a provider of `type: mcp`.',
      statuses: { 200: 'the document', 404: 'no provider of that type and name' },
      type: JSON_TYPE,
    },
  },
  '/sign-in/{uid}': {
    GET: page('A step of a sign-in.', PAGE_OR_WAY_ON),
    POST: page('Answers the question of a step.', PAGE_OR_WAY_ON),
  },
  '/oauth/end-session': Object.fromEntries(
    ['GET', 'POST'].map((method) => [
      method,
      {
        ...page(
          'Where a client sends its person to sign out (OpenID Connect RP-Initiated Logout). The person is asked on the next page.',
          {
            303: 'on to the question',
            400: 'a page: the `id_token_hint`, the client or the URI is not known; nobody is sent on',
            503: 'a part of the gateway is unavailable',
          },
        ),
        [method === 'GET' ? 'query' : 'form']: {
          id_token_hint: 'An id_token of this client; it may have expired.',
          client_id: 'Of the client, where there is no hint.',
          post_logout_redirect_uri: 'One that the client has registered.',
          state: 'Comes back with it.',
        },
      },
    ]),
  ),
  '/sign-out': {
    GET: {
      ...page('Asks the person whether to sign out; where nobody is signed in, it goes on at once.', {
        200: 'a page',
        303: 'to the client',
        400: 'a page: the address is old, or not one of ours',
        503: 'a part of the gateway is unavailable',
      }),
      query: { for: 'What the client asked for.' },
    },
    POST: page('Signs out, or not.', {
      200: 'a page',
      303: 'to the client, or to the connections',
      400: 'a page: the form is old, or not one of ours',
      403: 'the page is not current any more, or the form is of another page',
      503: 'a part of the gateway is unavailable',
    }),
  },
  '/connections': {
    GET: page('The person’s connections, and where they are signed in.', PAGE_OR_WAY_ON),
    POST: page('Ends a connection, or a sign-in.', PAGE_OR_WAY_ON),
  },
  '/connections/sign-in': { GET: page('Signs a person in without a client, for that page.', PAGE_OR_WAY_ON) },
  '/connect/{provider}': {
    GET: {
      ...page('The page behind the link that a client shows when a provider is missing.', PAGE_OR_WAY_ON),
      query: { session: 'The session whose call needs the provider.' },
    },
    POST: page('Begins to connect the provider.', PAGE_OR_WAY_ON),
  },
  '/connect/attempt/{id}': {
    GET: page('The next step of connecting.', PAGE_OR_WAY_ON),
    POST: page('Answers the question of a step.', PAGE_OR_WAY_ON),
  },
  '/connect/ended/{how}': {
    GET: page('The end of connecting.', { 200: 'a page', 400: 'there is no such end' }),
  },
};
