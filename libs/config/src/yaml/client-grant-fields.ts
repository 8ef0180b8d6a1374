import { DURATION_BOUNDS } from '../model/bounds.js';
import { MAX_ACTORS } from '../model/client-grants.js';
import { block, flag, list, text } from './fields.js';

const resources = list(
  text('url', 'An MCP endpoint of this gateway, as tokens name it: `publicUrl` and the path.'),
  'What a token may be for; each is for one of these.',
);

const scopes = list(
  text('scope', 'A scope of `scopesSupported` that is not about a person.'),
  'What a token may hold. A client that names none gets all of these.',
).default([]);

const lifespan = (about: string) =>
  text('duration', `How long such a token lives; ${DURATION_BOUNDS.delegatedToken.text}${about}.`).default(
    '5m',
  );

/** Sign-ins of machines without a browser. */
export const deviceFlow = block(
  'Lets people sign in for a machine without a browser (RFC 8628): it shows a code, which they enter in a browser elsewhere. A client registers the grant `urn:ietf:params:oauth:grant-type:device_code`, or has `deviceFlow: true`. Left out: the endpoint is not there.',
  {
    codeLifespan: text(
      'duration',
      `How long the code can be entered, and the sign-in finished; ${DURATION_BOUNDS.deviceCode.text}.`,
    ).default('10m'),
  },
);

/** Tokens that a pre-registered client gets without a browser of its own. */
export const clientGrants = {
  deviceFlow: flag(
    'Lets people sign in to the client by a code that it shows (RFC 8628); `authServer.deviceFlow` has to be there.',
  ),
  administers: flag(
    'Lets people administer with the client: whom `authServer.administration.access` permits gets tokens for the administrator’s API by it, and for nothing else. It has `redirectUris` or `deviceFlow`.',
  ),
  clientCredentials: block(
    'Lets the client get tokens for itself, without a person (`client_credentials`, RFC 6749). It needs a `clientSecret`, keys or `tlsClientAuth`. Such a token reaches backends whose credential is nobody’s in person: `unauthenticated`, `headerInjection`, `bearerToken`, `clientCredentials`, `googleServiceAccount`. Left out: it gets none.',
    { resources, scopes },
  ).exactOptional(),
  tokenExchange: block(
    `Lets the client act for people: it presents a person’s access token of this server, and gets one for itself with less in it (RFC 8693). Who acts stands in \`act\`, up to ${MAX_ACTORS} one behind the other. It needs a \`clientSecret\`, \`jwks\` or \`jwksUri\`. Left out: it may not.`,
    {
      subjectClients: list(
        text('identifier', 'A client id, or `*` alone for every client.'),
        'Clients whose people’s tokens it may present.',
      ),
      actors: list(
        text('identifier', 'A client id; that client has `clientCredentials`.'),
        'Other clients that may be the actor, when it presents a token of their own as `actor_token`.',
      ).default([]),
      resources,
      scopes,
      lifespan: lifespan(', and never longer than the token that was presented'),
    },
  ).exactOptional(),
  identityAssertions: block(
    'Lets the client get tokens for people whom an identity provider asserts to it (ID-JAG, RFC 7523; MCP’s Enterprise-Managed Authorization; `docs/guides/enterprise-managed-authorization.md`). It needs a `clientSecret`, keys or `tlsClientAuth`. Left out: it gets none.',
    {
      issuers: list(text('url', 'An `issuer` of `assertionIssuers`.'), 'Whose assertions it may present.'),
      resources,
      scopes: list(
        text('scope', 'A scope of `scopesSupported`, but not `offline_access`: there is no refresh token.'),
        'What a token may hold of the scopes that the assertion has; never another one. Without `openid` no MCP endpoint takes it, unless `incomingAuth` asks for other `scopes`.',
      ).default(['openid']),
      lifespan: lifespan('. There is no refresh token: the client asks for another assertion'),
    },
  ).exactOptional(),
  mayAct: text(
    'identifier',
    'Id of the one client that may act for the people of this one, whatever others are let by `tokenExchange` (`may_act`, RFC 8693).',
  ).exactOptional(),
};
