import type { ErrorCode } from '@gatehouse/kernel/error-codes';

/** Why the vault does not tell what the primary provider says of a person. */
export const PERSON_ERRORS = [
  'request_invalid',
  'unknown_provider',
  'session_closed',
  'connection_missing',
  'reauth_required',
  'provider_unavailable',
  'provider_misconfigured',
  'busy',
  'deadline_exceeded',
  'internal',
] as const satisfies readonly ErrorCode[];
