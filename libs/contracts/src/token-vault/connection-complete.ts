import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { attemptId, configuredName, digest, instantMs, jwe, upstreamIdentity } from '../fields.js';

/** Why a provider's answer did not become a connection. */
export const legRefusal = z.enum([
  /** The user or the provider said no (`access_denied`). */
  'denied',
  /** The provider answered the authorization or token request with another OAuth error. */
  'provider_error',
  /** The provider cannot be reached, timed out or answered 5xx. */
  'provider_unavailable',
  /** The provider's answer is not what the protocol requires (garbage, wrong issuer, bad id_token, no subject). */
  'invalid_response',
]);
export type LegRefusal = z.output<typeof legRefusal>;

/**
 * Hands over the query of the callback. It carries a code, so it crosses the bus sealed for the vault's bus key, as `{
 * "query": "<the query without '?'>" }`. The reply says who the person is and never holds a token; the tokens are
 * staged under the attempt.
 */
export const connectionComplete = defineRequest({
  name: 'connection.complete',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({
    sealedQuery: jwe,
    browserBinding: digest,
    /**
     * The callback by which the browser came back: the last segment of its path. Absent: the common callback, which has
     * no such segment (the only one of the release before this field).
     */
    callback: configuredName.optional(),
    /** The answer may say when the person authenticated. The release before this field does not read that. */
    asksWhen: z.literal(true).optional(),
    /** The same about how they did. */
    asksHow: z.literal(true).optional(),
  }),
  reply: z.discriminatedUnion('outcome', [
    z.strictObject({
      outcome: z.literal('completed'),
      attemptId,
      provider: configuredName,
      identity: upstreamIdentity,
      scopes: z.array(z.string()),
      /** `auth_time` of the provider's id_token, where it says one and was asked. */
      authenticatedAtMs: instantMs.optional(),
      /** `acr` and `amr` of the same (OpenID Connect Core, section 2). */
      acr: z.string().min(1).max(256).optional(),
      amr: z.array(z.string().min(1).max(64)).min(1).max(20).optional(),
    }),
    z.strictObject({
      outcome: z.literal('refused'),
      attemptId,
      provider: configuredName,
      reason: legRefusal,
    }),
  ]),
  errors: [
    'request_invalid',
    'callback_unknown',
    'callback_expired',
    'callback_wrong_browser',
    'callback_wrong_provider',
    'deadline_exceeded',
    'internal',
  ],
  timeoutMs: 45_000,
});
