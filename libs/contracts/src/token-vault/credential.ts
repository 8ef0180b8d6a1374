import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { z } from 'zod';
import { connectionId, custodyEntry, instantMs, jwe } from '../fields.js';

/**
 * What is inside the `sealed` of a credential reply, as JSON: the one credential for the one backend. What a later release adds
 * is not read.
 */
export const releasedCredential = z.object({
  accessToken: z.string().min(1),
  /**
   * Present where requests are signed (AWS Signature Version 4) instead of holding the token, which is the session token then
   * (`X-Amz-Security-Token`).
   */
  signingKey: z.strictObject({ id: z.string().min(1), secret: z.string().min(1) }).optional(),
  /** The receiver has to ask again at this time, at the latest. */
  useUntilMs: instantMs,
  /** The same as a duration, for a receiver whose clock differs; absent in messages of an earlier release. */
  useForMs: z.int().nonnegative().optional(),
  /** Where it comes from, for records of its use; absent where it is the caller's own token that was exchanged. */
  connection: z.strictObject({ id: connectionId, version: z.int().nonnegative() }).optional(),
  /**
   * When its person connected it last: a connection may lead to another account of the provider from then on. Absent without a
   * connection, and in messages of an earlier release.
   */
  connectedAtMs: instantMs.optional(),
  /** What stands in the custody log about this release, for records of its use; absent in messages of an earlier release. */
  release: custodyEntry.optional(),
});
export type ReleasedCredential = z.output<typeof releasedCredential>;

/** `sealed` is a JWE for the `replyKey` of the request; `useUntilMs` is repeated in clear for caches. */
export const credentialReply = z.strictObject({ sealed: jwe, useUntilMs: instantMs });

export const CREDENTIAL_ERRORS = [
  'request_invalid',
  'unknown_backend',
  'configuration_differs',
  'unknown_provider',
  'session_closed',
  'token_invalid',
  'connection_missing',
  'reauth_required',
  'provider_unavailable',
  'provider_misconfigured',
  'exchange_refused',
  'exchange_unavailable',
  'role_missing',
  'busy',
  'deadline_exceeded',
  'internal',
] as const satisfies readonly ErrorCode[];
