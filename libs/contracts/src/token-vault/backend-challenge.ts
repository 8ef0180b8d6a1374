import { z } from 'zod';

/** Of what a backend names. Longer ones are not heard. */
export const MAX_CHALLENGE_CLAIMS_LENGTH = 6_144;
export const MAX_CHALLENGE_ACR_LENGTH = 1_024;
export const MAX_CHALLENGE_AGE_DIGITS = 9;

/**
 * What a backend that refused a token wants its person's next sign-in to show, in the backend's words: `claims` of `insufficient_claims`
 * (Entra's claims challenge), `acr_values` and `max_age` of `insufficient_user_authentication` (RFC 9470, section 3).
 */
export const backendChallenge = z.strictObject({
  claims: z.string().min(1).max(MAX_CHALLENGE_CLAIMS_LENGTH).optional(),
  acrValues: z.string().min(1).max(MAX_CHALLENGE_ACR_LENGTH).optional(),
  maxAgeSeconds: z
    .int()
    .min(0)
    .max(10 ** MAX_CHALLENGE_AGE_DIGITS - 1)
    .optional(),
});
export type BackendChallenge = z.output<typeof backendChallenge>;
