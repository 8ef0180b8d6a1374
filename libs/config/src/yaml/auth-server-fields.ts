import {
  CLAIM_SOURCES,
  MAX_CLAIM_CHARACTERS,
  MAX_CLAIM_VALUES,
  MAX_MAPPED_BYTES,
} from '../model/claim-mappings.js';
import { SIGNING_ALGORITHMS } from '../model/client-registration.js';
import { KNOWN_REDIRECT_SCHEMES } from '../urls/client-uris.js';
import { DURATION_BOUNDS } from '../model/bounds.js';
import { clientLimits } from './client-limit-fields.js';
import { clientGrants, deviceFlow } from './client-grant-fields.js';
import { access } from './access-fields.js';
import { administration } from './administration-fields.js';
import { assertionIssuers } from './assertion-issuer-fields.js';
import { branding } from './branding-fields.js';
import { block, choice, flag, flagOr, keyEncryptionKeys, list, secret, signingKey, text } from './fields.js';
import { keyHolders } from './key-holder-fields.js';
import { provider, scopes } from './provider-fields.js';
import { clientProofs, requestProtection } from './request-protection-fields.js';

const clientRegistration = block('How MCP clients become known.', {
  dynamic: choice(
    ['open', 'initialAccessToken', 'off'],
    'Dynamic Client Registration (RFC 7591): open to all clients, only with the initial access token, or not at all.',
  ).default('open'),
  initialAccessToken: secret(
    'What a client must show with `dynamic: initialAccessToken`; at least 32 characters.',
  ).exactOptional(),
  unusedClientLifespan: text(
    'duration',
    `How long a registration is kept with which nobody has ever signed in. ${DURATION_BOUNDS.unusedClient.text}. One that was used stays.`,
  ).default('30d'),
  metadataDocuments: block('Client ID Metadata Documents: the client id is the URL of its description.', {
    enabled: flagOr(
      'auto',
      'Whether they are accepted. With `auto` they are, and the metadata stops saying so while no document can be fetched because the network does not let it: then clients register instead, if `dynamic` lets them.',
    ).default('auto'),
    allowedHosts: list(
      text('hostPattern', 'A host, `*.domain` for every host below it, or `*`.'),
      'Hosts whose documents are accepted.',
    ).default(['*']),
    allowPrivateIps: flag('Also fetch documents from private and loopback addresses (development).'),
    documents: list(
      block('One document.', {
        clientId: text('identifier', 'The URL that is the client id: https, with a path.'),
        clientName: text('identifier', 'Shown to the person who approves it.'),
        redirectUris: list(
          text('identifier', 'https, http on localhost, or an allowed private-use scheme (RFC 8252).'),
          'Compared exactly; of loopback the port is free.',
        ),
      }),
      'Documents that are not fetched: what is written here holds, for gateways that do not reach the internet. `allowedHosts` does not matter for these.',
    ).default([]),
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
        'Compared exactly. Left out by a client to which nobody signs in at a browser of its own: it has `deviceFlow`, `clientCredentials`, `tokenExchange` or `identityAssertions`.',
      ).default([]),
      postLogoutRedirectUris: list(
        text('identifier', 'As redirect URIs.'),
        'Where the client may have its person sent after it signed them out (OpenID Connect, `RP-Initiated Logout`).',
      ).exactOptional(),
      backchannelLogoutUri: text(
        'identifier',
        'Where it is told that a session of its has ended (OpenID Connect, `Back-Channel Logout`): https, or http on localhost.',
      ).exactOptional(),
      clientSecret: secret(
        'Left out, with none of `jwks`, `jwksUri` and `tlsClientAuth`: a public client. At least 32 characters.',
      ).exactOptional(),
      ...clientProofs,
      ...clientGrants,
      idTokenSignedResponseAlg: choice(
        SIGNING_ALGORITHMS,
        'What its id_tokens are signed with; there has to be a key for it. Left out: that of the first signing key.',
      ).exactOptional(),
      limits: clientLimits.exactOptional(),
      introspection: block(
        'Lets it ask whether a token is good (RFC 7662), at `/oauth/introspect`: its own access and refresh tokens, and access tokens for `resources`. It needs a `clientSecret`. Left out: it may not.',
        {
          resources: list(
            text('url', 'An MCP endpoint of this gateway, as tokens name it: `publicUrl` and the path.'),
            'About access tokens for these it may ask as well, whoever they were issued to.',
          ).default([]),
        },
      ).exactOptional(),
    }),
    'Pre-registered clients.',
  ).default([]),
});

const claimMappings = block(
  'Claims of the primary provider that access tokens carry, and that policies see: groups, roles (`docs/authorization.md`). They are read anew whenever a token is issued. Whoever holds a token can read them.',
  {
    from: choice(
      CLAIM_SOURCES,
      'Where the provider says them. `userInfo`: its user information endpoint, or `userInfo` of a provider of type `oauth2`, asked whenever a token is issued.',
    ).default('idToken'),
    claims: list(
      block('A claim.', {
        claim: text('answerPath', 'As the provider calls it: a name, or a path (`realm_access.roles`).'),
        as: text(
          'claimName',
          'As access tokens call it; none of the names that mean something there already.',
          {
            derived: '`claim`',
          },
        ).exactOptional(),
        values: list(
          text('identifier', 'Text; `*` stands for any characters.'),
          'Of a text or a list of texts, only what matches one of these. Left out: everything.',
        ).exactOptional(),
      }),
      `Texts, numbers, truth values and lists of texts, ${MAX_CLAIM_VALUES} of ${MAX_CLAIM_CHARACTERS} characters each, ${MAX_MAPPED_BYTES} bytes together. A claim that is more, or something else, is an error: no token is issued.`,
    ),
  },
);

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
      'Reverse proxies in front of the authorization server: what they write into `X-Forwarded-For` tells callers apart, so that rate limits and connection limits count people and not the proxy. With `mtls`, the certificates that they pass on are believed.',
    ).default([]),
    tokenLifespans: tokenLifespans.prefault({}),
    signingKeys: list(
      signingKey(
        'PEM private key: RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519. Or a key that is held elsewhere: `pkcs11` or `awsKms`, P-256 or RSA.',
      ),
      'The first signs access tokens, and id_tokens of clients that want no other algorithm. All are published. Left out: a P-256 key (ES256) and an RSA key (RS256) are made and kept in the database, sealed; `gatehouse keys rotate` makes the next ones.',
    ).default([]),
    keyHolders: keyHolders.prefault({}),
    signingKeyLifespan: text(
      'duration',
      `How long a key signs that Gatehouse made; then the next one does, which is published before. ${DURATION_BOUNDS.signingKey.text}. Left out: until \`gatehouse keys rotate\`.`,
    ).exactOptional(),
    keyEncryptionKeys: keyEncryptionKeys(
      'Keys that seal the authorization server’s own keys; the first seals, all open. 32 bytes as base64, base64url or hex.',
    ),
    clientRegistration: clientRegistration.prefault({}),
    ...requestProtection,
    scopesSupported: scopes(
      'Scopes that clients may ask for, beside those that calls of backends need.',
    ).default(['openid', 'profile', 'email', 'offline_access']),
    baselineClientScopes: scopes(
      'Added to what every client may ask for; a subset of `scopesSupported`.',
      'those of `openid`, `offline_access` that are supported',
    ).exactOptional(),
    resourceIndicator: choice(
      ['required', 'optional'],
      'Whether an authorization request must carry the `resource` parameter (RFC 8707). `optional` admits clients that leave it out, and those that name the bare origin of `publicUrl` instead of the MCP endpoint.',
    ).default('required'),
    connectionReuse: choice(
      ['always', 'confirm', 'never'],
      'What a new sign-in does with a live connection of the same account: use it, ask first, or visit the provider again. With every value, a person is asked at each sign-in of a client that another program could impersonate.',
    ).default('confirm'),
    deviceFlow: deviceFlow.exactOptional(),
    access: access.exactOptional(),
    administration: administration.exactOptional(),
    branding: branding.prefault({}),
    claimMappings: claimMappings.exactOptional(),
    assertionIssuers,
    upstreamProviders: list(provider, 'Identity providers, visited in this order.'),
  },
);
