import { DEAD, FORM, HTML, OURS, PAGES, PASSING, UNCLEAR, type SaidByProvider } from './provider-answers.js';

/** What is asked of a provider. */
export const PHASES = [
  'sign-in',
  'refresh',
  'token exchange',
  'revocation',
  'user information',
  'key set',
  'discovery',
] as const;
export type Phase = (typeof PHASES)[number];

/** What comes of an answer, in the words of the documentation. */
export type Outcome =
  /** Tokens, an identity, a document: it is used. */
  | 'used'
  /** The grant is over: the person gets a link to sign in again. */
  | 'asks'
  /** Everything is kept; if the provider says so again, the person gets the link. */
  | 'asks at the second'
  /** Everything is kept, and asked for again later. Nobody is asked for anything. */
  | 'kept'
  /** The page of the sign-in says that the provider cannot be reached. */
  | 'unavailable'
  /** The page says that the provider answered with an error. */
  | 'error'
  /** The page says that the answer was not valid. */
  | 'not valid'
  /** The subject token is renewed once, and exchanged again. */
  | 'renews'
  | 'refused'
  /** The discovery document is not the one that the configuration names. */
  | 'misconfigured';

export interface Behaviour {
  readonly meaning: string;
  readonly said: SaidByProvider;
  readonly outcomes: Partial<Readonly<Record<Phase, Outcome>>>;
}

/** OIDC Core section 3.1.2.6: no newer token helps, only the person. */
const WANTS_PERSON = ['interaction_required', 'login_required', 'consent_required', 'mfa_required'];

const json = (name: string, body: object, status = 200): SaidByProvider => ({
  name,
  status,
  body: JSON.stringify(body),
});

const TOKENS = { access_token: 'a', token_type: 'Bearer', refresh_token: 'r', expires_in: 3600, scope: 'x' };

/** Tokens, as providers write them. */
export const GOOD: readonly SaidByProvider[] = [
  json('all members', TOKENS),
  json('status 201', TOKENS, 201),
  json('an access token alone', { access_token: 'a' }),
  ...['refresh_token', 'expires_in', 'scope', 'token_type', 'error', 'id_token'].flatMap((name) => [
    json(`${name}: null`, { ...TOKENS, [name]: null }),
    json(`${name}: ""`, { ...TOKENS, [name]: '' }),
  ]),
  json('a lifetime as text', { ...TOKENS, expires_in: '3600' }),
  json('a lifetime of 0', { ...TOKENS, expires_in: 0 }),
  json('a lifetime below 0', { ...TOKENS, expires_in: -1 }),
  json('a lifetime in words', { ...TOKENS, expires_in: 'never' }),
  json('scopes as a list', { ...TOKENS, scope: ['x', 'y'] }),
  json('scopes as an object', { ...TOKENS, scope: {} }),
  json('a refresh token that is false', { ...TOKENS, refresh_token: false }),
  json('tokens that are numbers', { ...TOKENS, access_token: 12_345, refresh_token: 67_890 }),
  json('token_type user', { ...TOKENS, token_type: 'user' }),
  json('ok: true beside them', { ...TOKENS, ok: true }),
  json('code: 0 beside them', { ...TOKENS, code: 0, msg: 'success' }),
  {
    name: 'a form',
    status: 200,
    body: 'access_token=a&token_type=bearer&scope=x&refresh_token=r',
    type: FORM,
  },
  { name: 'JSON called text/html', status: 200, body: JSON.stringify(TOKENS), type: HTML },
];

/** `{issuer}` stands for the issuer that is configured. */
const DOCUMENT = {
  issuer: '{issuer}',
  authorization_endpoint: '{issuer}/authorize',
  token_endpoint: '{issuer}/token',
  jwks_uri: '{issuer}/jwks',
  response_types_supported: ['code'],
};

const discovery = (said: SaidByProvider, outcome: Outcome): Behaviour => ({
  meaning: 'a discovery document',
  said,
  outcomes: { discovery: outcome },
});

const DOCUMENTS: readonly Behaviour[] = [
  discovery(json('as it should be', DOCUMENT), 'used'),
  discovery(
    json('endpoints with dot segments', { ...DOCUMENT, token_endpoint: '{issuer}/a/../token' }),
    'used',
  ),
  discovery(json('members that nobody knows, null', { ...DOCUMENT, made_up: null }), 'used'),
  discovery(json('another issuer', { ...DOCUMENT, issuer: 'https://another.example' }), 'misconfigured'),
  discovery(json('the issuer with a slash', { ...DOCUMENT, issuer: '{issuer}/' }), 'misconfigured'),
  discovery(
    json('the issuer with {tenantid}', { ...DOCUMENT, issuer: '{issuer}/{tenantid}' }),
    'misconfigured',
  ),
  discovery(json('an issuer that is no URL', { ...DOCUMENT, issuer: 'acme' }), 'misconfigured'),
  discovery(json('no issuer', { ...DOCUMENT, issuer: undefined }), 'misconfigured'),
  discovery(json('no token_endpoint', { ...DOCUMENT, token_endpoint: undefined }), 'misconfigured'),
  discovery(json('no jwks_uri', { ...DOCUMENT, jwks_uri: undefined }), 'misconfigured'),
  discovery(
    json('a token_endpoint that is no URL', { ...DOCUMENT, token_endpoint: '/token' }),
    'misconfigured',
  ),
  discovery({ name: 'a page with 200', status: 200, body: '<p>', type: HTML }, 'unavailable'),
];

const KEY_SETS: readonly Behaviour[] = [
  json('no key', { keys: [] }),
  json('no key set', {}),
  json('a key that is none', { keys: [{}] }),
  json('null', { keys: null }),
].map((said) => ({ meaning: 'a key set', said, outcomes: { 'key set': 'kept' } }));

/** Statuses that say it all, wherever they come. */
const everywhere = ({ status }: SaidByProvider, passes: boolean): Behaviour['outcomes'] =>
  status === 200
    ? {}
    : {
        'user information': passes ? 'unavailable' : 'not valid',
        'key set': 'kept',
        discovery: 'unavailable',
      };
const revocation = ({ status }: SaidByProvider): Behaviour['outcomes'] =>
  status === 200 ? {} : { revocation: 'kept' };

const isPage = ({ type }: SaidByProvider): boolean => type === HTML;

export const BEHAVIOURS: readonly Behaviour[] = [
  ...GOOD.map((said): Behaviour => ({
    meaning: 'tokens',
    said,
    outcomes: { 'sign-in': 'used', refresh: 'used', 'token exchange': 'used' },
  })),
  ...DEAD.map((said): Behaviour => ({
    meaning: 'the grant is over',
    said,
    outcomes: {
      'sign-in': 'error',
      refresh: 'asks',
      'token exchange': WANTS_PERSON.some((name) => said.body.includes(name)) ? 'asks' : 'renews',
    },
  })),
  ...UNCLEAR.map((said): Behaviour => ({
    meaning: 'no, and nobody knows why',
    said,
    outcomes: {
      'sign-in': 'error',
      refresh: 'asks at the second',
      'token exchange': said.body.includes('invalid_request') ? 'renews' : 'refused',
      ...revocation(said),
    },
  })),
  ...PASSING.map((said): Behaviour => ({
    meaning: 'not now',
    said,
    outcomes: {
      'sign-in': 'unavailable',
      refresh: 'kept',
      'token exchange': 'unavailable',
      ...revocation(said),
      ...(isPage(said) ? everywhere(said, true) : {}),
    },
  })),
  ...OURS.map((said): Behaviour => ({
    meaning: 'the wrong client',
    said,
    outcomes: { 'sign-in': 'error', refresh: 'kept', 'token exchange': 'refused', ...revocation(said) },
  })),
  ...PAGES.map((said): Behaviour => ({
    meaning: 'somebody else answers',
    said,
    outcomes: {
      'sign-in': 'not valid',
      refresh: 'kept',
      'token exchange': 'refused',
      ...revocation(said),
      ...(isPage(said) ? everywhere(said, false) : {}),
    },
  })),
  ...DOCUMENTS,
  ...KEY_SETS,
];
