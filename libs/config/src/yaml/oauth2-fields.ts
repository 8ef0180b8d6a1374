import { OAUTH2_MISTAKES } from './mistakes.js';
import { USER_INFO_METHODS } from '../model/upstream-provider.js';
import { hasOneIdentitySource, idTokenCanBeVerified } from './checks.js';
import { block, checkedBlock, choice, list, mapOf, text } from './fields.js';
import { dcrConfig, isOneClient } from './own-registration-fields.js';
import {
  clientAssertionAudience,
  clientFields,
  scopes,
  tokenEndpointAuthMethod,
} from './provider-client-fields.js';

const fieldMapping = block(
  'Fields of the answer; of each list the first field that holds a non-empty value wins. A field is a name, a path into the answer (`data.gid`), or several of them that identify together (`team.id+user.id`).',
  {
    subjectFields: list(text('identifier', 'Field.'), 'What identifies the person.').default(['sub']),
    nameFields: list(text('identifier', 'Field.'), 'What the person is called.').default(['name']),
    emailFields: list(text('identifier', 'Field.'), 'Electronic mail address.').default(['email']),
  },
);

const userInfo = block('The endpoint that says who signed in.', {
  endpointUrl: text('url', 'Asked with the new access token.'),
  method: choice(USER_INFO_METHODS, 'Method of the request.').default('GET'),
  body: text(
    'json',
    'JSON to send with `method: POST`, such as `{"query":"{ viewer { id name email } }"}`. Left out: no body.',
  ).exactOptional(),
  additionalHeaders: mapOf(
    { name: 'header', format: 'headerName' },
    text('headerValue', 'Value.'),
    'Further request headers. Not for secrets.',
  ).prefault({}),
  fieldMapping: fieldMapping.prefault({}),
});

const identityFromToken = checkedBlock(
  'In the place of `userInfo`: the token answer itself says who signed in.',
  {
    source: choice(
      ['tokenResponse', 'idToken'],
      '`tokenResponse`: members of the answer beside the tokens; `idToken`: claims of an id_token in it.',
    ).default('tokenResponse'),
    issuer: text('url', 'With `idToken`: the issuer that it must name, exactly.').exactOptional(),
    jwksUrl: text('url', 'With `idToken`: the key set that verifies it.').exactOptional(),
    fieldMapping: fieldMapping.prefault({}),
  },
  idTokenCanBeVerified,
);

export const oauth2Config = checkedBlock(
  'For `type: oauth2`: a provider without OpenID Connect.',
  {
    issuer: text(
      'url',
      'What the provider sends as `iss` with every answer (RFC 9207), compared exactly; GitHub sends `https://github.com/login/oauth`. Written: an answer without it is refused too. Left out, for a provider that sends none: an `iss` is refused only where it is, or lies at, another configured provider’s.',
    ).exactOptional(),
    authorizationEndpoint: text('url', 'Where the browser is sent.'),
    tokenEndpoint: text('url', 'Where codes and refresh tokens are redeemed.'),
    refreshEndpoint: text('url', 'Where refresh tokens are redeemed, if elsewhere.', {
      derived: '`tokenEndpoint`',
    }).exactOptional(),
    revocationEndpoint: text('url', 'RFC 7009; asked when a connection is revoked.').exactOptional(),
    ...clientFields,
    clientId: clientFields.clientId.exactOptional(),
    dcrConfig: dcrConfig.exactOptional(),
    scopes: scopes('Scopes to ask for.').default([]),
    tokenEndpointAuthMethod: tokenEndpointAuthMethod(
      '`client_secret_basic` with a client secret, `private_key_jwt` with a `clientKey`, else `none`',
    ),
    clientAssertionAudience: clientAssertionAudience('`tokenEndpoint`'),
    userInfo: userInfo.exactOptional(),
    identityFromToken: identityFromToken.exactOptional(),
  },
  [hasOneIdentitySource, isOneClient],
  { mistakes: OAUTH2_MISTAKES },
);
