import { CLIENT_SIGNING_ALGORITHMS } from '../model/client-keys.js';
import { CERTIFICATE_ENCODINGS } from '../model/request-protection.js';
import { block, choice, flag, list, secret, text } from './fields.js';

const jwk = block('A public key as a JWK (RFC 7517); it has no private member.', {
  kty: choice(['EC', 'OKP', 'RSA'], 'Type of the key.'),
  kid: text('keyId', 'Its id: needed to tell several keys apart.').exactOptional(),
  alg: choice(CLIENT_SIGNING_ALGORITHMS, 'The one algorithm that it signs with.').exactOptional(),
  crv: choice(['P-256', 'P-384', 'Ed25519'], 'Curve, of EC and OKP.').exactOptional(),
  x: text('identifier', 'Of EC and OKP.').exactOptional(),
  y: text('identifier', 'Of EC.').exactOptional(),
  n: text('identifier', 'Modulus, of RSA; 2048 bits or more.').exactOptional(),
  e: text('identifier', 'Exponent, of RSA.').exactOptional(),
  x5c: list(
    text('identifier', 'Base64 of the DER.'),
    'The certificate of this key, with `selfSignedTlsClientAuth`: one, and it stands for itself.',
  ).exactOptional(),
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
  tlsClientAuth: block(
    'It authenticates with a certificate of an authority of `mtls.certificateAuthorities` (`tls_client_auth`, RFC 8705), instead of `clientSecret`. One of these says whom the certificate names.',
    {
      subjectDn: text('identifier', 'The whole subject (RFC 4514): `CN=desk,O=Acme,C=DE`.').exactOptional(),
      sanDns: text('identifier', 'A DNS name among its subject alternative names.').exactOptional(),
      sanUri: text('identifier', 'A URI there.').exactOptional(),
      sanIp: text('identifier', 'An IP address there.').exactOptional(),
      sanEmail: text('identifier', 'An email address there.').exactOptional(),
    },
  ).exactOptional(),
  selfSignedTlsClientAuth: flag(
    'It authenticates with a certificate of its own (`self_signed_tls_client_auth`, RFC 8705), which `x5c` of a key in `jwks` or `jwksUri` has; it signs no assertions then.',
  ),
  tlsClientCertificateBoundAccessTokens: flag(
    'Its tokens are bound to the certificate that it shows (RFC 8705); none is issued without.',
  ),
  pkce: choice(
    ['required', 'optional'],
    'Whether it may leave PKCE out. `optional` only for a client with a secret or keys.',
  ).default('required'),
};

/** What every client proves. */
export const requestProtection = {
  securityProfile: choice(
    ['none', 'fapi2'],
    '`fapi2`: every client keeps to the FAPI 2.0 Security Profile: it authenticates with `private_key_jwt` or a certificate (`mtls`), pushes its requests, binds its tokens with DPoP or to its certificate, and uses PKCE. Others are refused.',
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
  mtls: block(
    'Certificates of clients (mutual TLS, RFC 8705): clients authenticate with them, and tokens are bound to them. Reverse proxies end TLS and pass the certificate on in a header. It is believed from `authServer.trustedProxies`, at the MCP endpoint from `trustedProxies`, and from nobody else. Those proxies have to take away what a caller sends under that name (`docs/reverse-proxy.md`). Left out: no certificate is looked at.',
    {
      header: text('headerName', 'The header: `Client-Cert` (RFC 9440), or what the proxy calls it.'),
      encoding: choice(
        CERTIFICATE_ENCODINGS,
        '`rfc9440`: the DER as base64 between colons. `escapedPem`: PEM, percent-encoded, as `$ssl_client_escaped_cert` of nginx.',
      ).default('rfc9440'),
      certificateAuthorities: secret(
        'Certificates (PEM) of the authorities for `tls_client_auth`, usually `{ file: … }`. A client’s certificate has to be issued by one of these itself: name an intermediate authority, too. Left out: `tls_client_auth` is not offered.',
      ).exactOptional(),
      endpointAliasBaseUrl: text(
        'baseUrl',
        'Stands in the place of the issuer in the URLs of `mtls_endpoint_aliases`: where the reverse proxy asks for certificates. Left out: there are no aliases.',
      ).exactOptional(),
    },
  ).exactOptional(),
};
