import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { accountId, attemptId, configuredName, digest, instantMs } from '../fields.js';

/**
 * Starts one leg: the vault makes state, nonce and PKCE and answers where to send the browser. The `state` begins with
 * `<attemptId>.` so that the callback finds its attempt; the leg is bound to `browserBinding`, the SHA-256 of a cookie
 * that only the beginning browser holds.
 */
export const connectionBegin = defineRequest({
  name: 'connection.begin',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({
    attemptId,
    provider: configuredName,
    browserBinding: digest,
    /** The account, when it is known already. A leg of another account is then never adopted. */
    accountId: accountId.optional(),
    /** Ask the provider to let the user choose or sign in afresh (`prompt`), after a failure or a change of account. */
    fresh: z.boolean().default(false),
    /** The client asked to have an account chosen (OIDC Core section 3.1.2.1). Absent: whatever suits the provider. */
    asked: z.literal('select_account').optional(),
    /** The client's `max_age` (OIDC Core section 3.1.2.1), for a provider that says who signed in by an id_token. */
    maxAgeSeconds: z.int().min(0).optional(),
    /** The client's `acr_values`, as it wrote them, for such a provider. */
    acrValues: z.string().min(1).max(1_024).optional(),
  }),
  reply: z.strictObject({ authorizationUrl: z.url().max(8_192), expiresAtMs: instantMs }),
  errors: [
    'request_invalid',
    'unknown_provider',
    'provider_unavailable',
    'provider_misconfigured',
    'attempt_unknown',
    'callback_unsafe',
    'deadline_exceeded',
    'internal',
  ],
  timeoutMs: 20_000,
});
