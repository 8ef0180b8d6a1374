import { row, secret, type Edits, type ManifestRow } from './manifest-row.fixture.js';
import { AS_OCTO } from './places.fixture.js';

const BLOCK = `${AS_OCTO}.bearerToken`;

const bearer = (block: unknown): Edits => ({
  [`${AS_OCTO}.type`]: 'bearerToken',
  [`${AS_OCTO}.upstreamInject`]: undefined,
  [BLOCK]: block,
});
const FROM = { tokenSecretRef: { name: 'token', key: 'value' } };

export const BEARER_TOKEN_ROWS: readonly ManifestRow[] = [
  row('a bearer token without its block', bearer(undefined), [
    [BLOCK, 'type: bearerToken needs the fields under bearerToken.'],
  ]),
  row('a bearer token that comes from nowhere', bearer({}), [
    [`${BLOCK}.tokenSecretRef`, 'This field is required.'],
  ]),
  row('a bearer token without a key', bearer({ tokenSecretRef: { name: 'clients' } }), [
    [`${BLOCK}.tokenSecretRef.key`, 'This field is required.'],
  ]),
  row('a bearer token that is not there', bearer({ tokenSecretRef: { name: 'clients', key: 'none' } }), [
    [`${BLOCK}.tokenSecretRef`, 'The Secret clients has no key none.'],
  ]),
  row(
    'a bearer token that says Bearer itself',
    bearer(FROM),
    [
      [
        `${BLOCK}.tokenSecretRef`,
        'The secret begins with Bearer already, and Bearer is sent in front of it.',
      ],
    ],
    [secret('token', { value: 'bearer plain-text-of-a-secret' })],
  ),
  row(
    'a bearer token of several lines',
    bearer(FROM),
    [
      [
        `${BLOCK}.tokenSecretRef`,
        'The key value of the Secret token holds a character that a header value may not have (RFC 9110 section 5.5).',
      ],
    ],
    [secret('token', { value: 'plain-text-of-a-secret\nX-Forged: 1' })],
  ),
  row('a bearer token in plain text', bearer({ token: 'plain-text-of-a-secret' }), [
    [`${BLOCK}.token`, 'Unknown field. Did you mean tokenSecretRef?', 'tokenSecretRef:'],
  ]),
];
