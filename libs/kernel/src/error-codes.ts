/** Who has to act before the same request can succeed. */
export type FailureOwner = 'client' | 'user' | 'config' | 'upstream' | 'capacity' | 'us';

/**
 * What a retry of the same request can do: `safe` = nothing happened, try again; `after-action` = only once the owner
 * has acted; `never` = the same request fails again.
 */
type Retry = 'safe' | 'after-action' | 'never';

export interface ErrorCodeFacts {
  readonly owner: FailureOwner;
  readonly retry: Retry;
  /** The text that may be shown to anybody. */
  readonly publicText: string;
}

/** The closed list of codes that cross a boundary. `docs/failure-modes.md` has a heading for each (checked). */
export const ERROR_CODES = {
  request_invalid: { owner: 'client', retry: 'never', publicText: 'The request is malformed.' },
  not_allowed: { owner: 'client', retry: 'never', publicText: 'This caller may not do that.' },
  person_required: {
    owner: 'client',
    retry: 'never',
    publicText: 'This backend is used for a person, and this client comes for itself.',
  },
  rate_limited: {
    owner: 'client',
    retry: 'safe',
    publicText: 'Too many calls in too short a time.',
  },
  token_invalid: {
    owner: 'client',
    retry: 'after-action',
    publicText: 'The access token is missing, invalid or expired.',
  },
  session_closed: {
    owner: 'user',
    retry: 'after-action',
    publicText: 'This sign-in has ended. Sign in again.',
  },
  unknown_provider: {
    owner: 'config',
    retry: 'never',
    publicText: 'No identity provider of that name is configured.',
  },
  unknown_backend: { owner: 'config', retry: 'never', publicText: 'No backend of that name is configured.' },
  configuration_differs: {
    owner: 'config',
    retry: 'safe',
    publicText: 'The gateway is taking up another configuration. Try again shortly.',
  },
  connection_missing: {
    owner: 'user',
    retry: 'after-action',
    publicText: 'This account is not connected to the provider.',
  },
  reauth_required: {
    owner: 'user',
    retry: 'after-action',
    publicText: 'The provider asks for a new sign-in.',
  },
  insufficient_scope: {
    owner: 'user',
    retry: 'after-action',
    publicText: 'The backend asks for more access than the provider gave.',
  },
  provider_unavailable: {
    owner: 'upstream',
    retry: 'safe',
    publicText: 'The identity provider cannot be reached or answers with errors.',
  },
  provider_misconfigured: {
    owner: 'config',
    retry: 'after-action',
    publicText: 'The identity provider is not the one that the gateway is set up for.',
  },
  exchange_refused: {
    owner: 'upstream',
    retry: 'after-action',
    publicText: 'The token exchange was refused.',
  },
  exchange_unavailable: {
    owner: 'upstream',
    retry: 'safe',
    publicText: 'The token exchange endpoint cannot be reached or answers with errors.',
  },
  role_missing: {
    owner: 'config',
    retry: 'after-action',
    publicText: 'No role at the backend is set up for this person.',
  },
  callback_unknown: {
    owner: 'user',
    retry: 'after-action',
    publicText: 'This sign-in step is unknown or was already used.',
  },
  callback_expired: {
    owner: 'user',
    retry: 'after-action',
    publicText: 'This sign-in step took longer than ten minutes.',
  },
  callback_wrong_browser: {
    owner: 'user',
    retry: 'after-action',
    publicText: 'This sign-in step was begun in another browser.',
  },
  callback_wrong_provider: {
    owner: 'user',
    retry: 'after-action',
    publicText: 'This answer did not come from the provider that was asked.',
  },
  callback_unsafe: {
    owner: 'config',
    retry: 'after-action',
    publicText: 'The sign-in at this provider is not set up safely.',
  },
  identity_taken: {
    owner: 'user',
    retry: 'after-action',
    publicText: 'That identity already belongs to another account here.',
  },
  attempt_unknown: {
    owner: 'user',
    retry: 'after-action',
    publicText: 'This sign-in is unknown or has ended.',
  },
  attempt_wrong_browser: {
    owner: 'user',
    retry: 'after-action',
    publicText: 'This sign-in was begun in another browser.',
  },
  backend_unavailable: {
    owner: 'upstream',
    retry: 'safe',
    publicText: 'The backend cannot be reached or answers with errors.',
  },
  backend_redirects: {
    owner: 'config',
    retry: 'after-action',
    publicText: 'The backend sends its requests elsewhere, which is not followed.',
  },
  backend_unauthorized: {
    owner: 'upstream',
    retry: 'after-action',
    publicText: 'The backend refused the credential.',
  },
  busy: { owner: 'capacity', retry: 'safe', publicText: 'Too much is going on. Try again shortly.' },
  unavailable: {
    owner: 'capacity',
    retry: 'safe',
    publicText: 'A part of the gateway cannot be reached. Try again shortly.',
  },
  deadline_exceeded: {
    owner: 'capacity',
    retry: 'safe',
    publicText: 'The time allowed for this request is over.',
  },
  internal: { owner: 'us', retry: 'safe', publicText: 'Something failed inside the gateway.' },
} as const satisfies Record<string, ErrorCodeFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
