import { CLIENT_SIGNING_ALGORITHMS } from '../model/client-keys.js';
import { block, choice, flag, list, text } from './fields.js';

const jwk = block('A public key as a JWK (RFC 7517); it has no private member.', {
  kty: choice(['EC', 'OKP', 'RSA'], 'Type of the key.'),
  kid: text('keyId', 'Its id: needed to tell several keys apart.').exactOptional(),
  alg: choice(CLIENT_SIGNING_ALGORITHMS, 'The one algorithm that it signs with.').exactOptional(),
  crv: choice(['P-256', 'P-384', 'Ed25519'], 'Curve, of EC and OKP.').exactOptional(),
  x: text('identifier', 'Of EC and OKP.').exactOptional(),
  y: text('identifier', 'Of EC.').exactOptional(),
  n: text('identifier', 'Modulus, of RSA; 2048 bits or more.').exactOptional(),
  e: text('identifier', 'Exponent, of RSA.').exactOptional(),
});

/** What a pre-registered client proves. */
export const clientProofs = {
  jwks: list(
    jwk,
    'Public keys with which the client authenticates (`private_key_jwt`, RFC 7523), instead of `clientSecret`.',
  ).exactOptional(),
  jwksUri: text(
    'url',
    'Where the client publishes its keys (https), instead of `jwks`; fetched like metadata documents, and kept for a minute.',
  ).exactOptional(),
  tokenEndpointAuthSigningAlg: choice(
    CLIENT_SIGNING_ALGORITHMS,
    'What its assertions are signed with. Left out: any of these that it has a key for.',
  ).exactOptional(),
  requirePushedAuthorizationRequests: flag(
    'Its authorization requests are pushed (RFC 9126); others are refused.',
  ),
  requireSignedRequestObject: flag('Its authorization requests are signed (RFC 9101); others are refused.'),
  dpopBoundAccessTokens: flag('Its tokens are bound to a key of its own (RFC 9449); none is issued without.'),
  pkce: choice(
    ['required', 'optional'],
    'Whether it may leave PKCE out. `optional` only for a client with a secret or keys.',
  ).default('required'),
};

/** What every client proves. */
export const requestProtection = {
  securityProfile: choice(
    ['none', 'fapi2'],
    '`fapi2`: every client keeps to the FAPI 2.0 Security Profile: it authenticates with `private_key_jwt`, pushes its requests, binds its tokens with DPoP, and uses PKCE. Others are refused.',
  ).default('none'),
  pushedAuthorizationRequests: choice(
    ['required', 'optional'],
    'Whether clients must push authorization requests (RFC 9126).',
    { derived: '`optional`; `required` with `securityProfile: fapi2`' },
  ).exactOptional(),
  dpop: block('Tokens that are bound to a key of their client (DPoP, RFC 9449).', {
    boundAccessTokens: choice(
      ['required', 'optional'],
      '`required`: no token is issued or accepted without a proof of possession. `optional`: a client chooses, and a token that is bound is accepted with a proof alone.',
      { derived: '`optional`; `required` with `securityProfile: fapi2`' },
    ).exactOptional(),
    nonces: choice(
      ['required', 'optional'],
      'Whether proofs must carry a nonce of the server’s, which a client gets with its first answer.',
    ).default('optional'),
  }).prefault({}),
};
