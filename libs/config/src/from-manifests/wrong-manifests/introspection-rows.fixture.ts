import { row, wrong, type Edits, type ManifestRow } from './manifest-row.fixture.js';
import { GATEWAY, OUTGOING, OWN, REPOS } from './places.fixture.js';

const URL_OF = `${OWN}.inline.introspectionUrl`;
const CLIENT = `${OWN}.inline.clientId`;
const SECRET_OF = `${OWN}.inline.clientSecretRef`;

/** An issuer of somebody else, whose tokens are opaque. */
const opaque = (changes: Edits = {}): Edits => ({
  [`${GATEWAY}.authServerConfig`]: undefined,
  [OUTGOING]: undefined,
  [`${REPOS}.externalAuthConfigRef`]: undefined,
  [URL_OF]: 'https://auth.acme.example/introspect',
  [CLIENT]: 'gatehouse',
  [SECRET_OF]: { name: 'clients', key: 'octo' },
  ...changes,
});

export const INTROSPECTION_ROWS: readonly ManifestRow[] = [
  row(
    'introspection beside an authorization server',
    {
      [URL_OF]: 'https://auth.acme.example/introspect',
      [CLIENT]: 'gatehouse',
      [SECRET_OF]: { name: 'clients', key: 'octo' },
    },
    [[URL_OF, 'Tokens of authServerConfig are signed JWTs, and nobody is asked about them.']],
  ),
  row('introspection without a client', opaque({ [CLIENT]: undefined }), [
    [CLIENT, 'This field is required.'],
  ]),
  row('introspection without a secret', opaque({ [SECRET_OF]: undefined }), [
    [SECRET_OF, 'This field is required.', 'clientSecretRef: { name, key } of a Secret'],
  ]),
  row(
    'introspection with a secret that is not there',
    opaque({ [SECRET_OF]: { name: 'clients', key: 'none' } }),
    [[SECRET_OF, 'The Secret clients has no key none.']],
  ),
  row('introspection over http', opaque({ [URL_OF]: 'http://auth.acme.example/introspect' }), [
    [
      URL_OF,
      'http is refused: tokens would travel in the clear.',
      'https://auth.acme.example/introspect, or insecureAllowHTTP: true beside it',
    ],
  ]),
  row('introspection at what is no URL', opaque({ [URL_OF]: 'auth.acme.example' }), [
    [URL_OF, 'The value is not an absolute http(s) URL.'],
  ]),
  wrong('introspection at a number', URL_OF, 7, 'Expected a text, found a number.', "'7'"),
];
