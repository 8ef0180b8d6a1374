import { EXTERNAL, type Row } from './row.fixture.js';

const OWN = 'outgoingAuth.backends.status';
const FIELDS = `${OWN}.googleServiceAccount`;
const DRIVE = 'https://www.googleapis.com/auth/drive';

export const google = (fields: object): object => ({
  type: 'googleServiceAccount',
  googleServiceAccount: { serviceAccountKey: { env: 'GOOGLE_KEY' }, ...fields },
});

const row = (refused: string, fields: object, field: string, message: RegExp, instead?: RegExp): Row => {
  const [changes, path] = [{ [OWN]: google(fields) }, `${FIELDS}.${field}`];
  return instead === undefined
    ? [refused, changes, path, message]
    : [refused, changes, path, message, instead];
};

/** What the rules refuse of `googleServiceAccount`. */
export const GOOGLE_ROWS: readonly Row[] = [
  row('a token of Google for nothing', {}, 'scopes', /Nothing says what the token is for/, /audience/),
  row(
    'scopes of an id_token',
    { scopes: [DRIVE], audience: 'https://reports.example' },
    'scopes',
    /no effect beside audience/,
  ),
  row(
    'scopes of tools for an id_token',
    { audience: 'https://reports.example', toolScopes: [{ tools: ['delete'], scopes: [DRIVE] }] },
    'toolScopes',
    /no effect beside audience/,
  ),
  row(
    'more scopes of Google for some tools that are no more',
    { scopes: [DRIVE], toolScopes: [{ tools: ['delete'], scopes: [DRIVE] }] },
    'toolScopes[0].scopes',
    /already/,
  ),
  row(
    'a token endpoint of Google over http',
    { scopes: [DRIVE], tokenUrl: 'http://oauth2.example/token' },
    'tokenUrl',
    /http is refused/,
  ),
  row(
    'a token endpoint of Google inside the network',
    { scopes: [DRIVE], tokenUrl: 'https://10.0.0.7/token' },
    'tokenUrl',
    /private/,
  ),
  row(
    'a token of Google in a header of MCP',
    { scopes: [DRIVE], headerName: 'Mcp-Session-Id' },
    'headerName',
    /belongs to HTTP or MCP/,
  ),
  row(
    'a token of Google for a host where the backend is not',
    { scopes: [DRIVE], allowedHosts: ['other.example'] },
    'allowedHosts',
    /may not go/,
  ),
  row('a request to Google without an end', { scopes: [DRIVE], timeout: '1h' }, 'timeout', /within/),
  [
    'a service account for callers of another issuer',
    { ...EXTERNAL, 'outgoingAuth.backends': { status: google({ scopes: [DRIVE] }) } },
    `${OWN}.type`,
    /needs authServer/,
  ],
];

/** What its fields refuse. */
export const GOOGLE_SHAPE_ROWS: readonly Row[] = [
  row(
    'a service account without a key',
    { serviceAccountKey: undefined, scopes: [DRIVE] },
    'serviceAccountKey',
    /required/,
  ),
  row(
    'a key of a service account in plain text',
    { serviceAccountKey: 'plain-text-of-a-secret', scopes: [DRIVE] },
    'serviceAccountKey',
    /./,
  ),
  row(
    'a key of a service account that is no JSON',
    { serviceAccountKey: { env: 'SIGNING_KEY' }, scopes: [DRIVE] },
    'serviceAccountKey',
    /not the JSON file of a service account/,
  ),
  row(
    'a key of a person for a service account',
    { serviceAccountKey: { env: 'GOOGLE_USER' }, scopes: [DRIVE] },
    'serviceAccountKey',
    /its type is another one/,
  ),
  row(
    'a key of a service account that cannot sign RS256',
    { serviceAccountKey: { env: 'GOOGLE_CURVE' }, scopes: [DRIVE] },
    'serviceAccountKey',
    /no RSA key/,
  ),
  row(
    'a person in whose name the service account would act',
    { scopes: [DRIVE], subject: 'alice@acme.example' },
    'subject',
    /does not exist/,
    /no person is impersonated/,
  ),
  row('a scope list that is a text', { scopes: DRIVE }, 'scopes', /list/),
  [
    'a service account without its fields',
    { [OWN]: { type: 'googleServiceAccount' } },
    FIELDS,
    /needs the fields under googleServiceAccount/,
  ],
];
