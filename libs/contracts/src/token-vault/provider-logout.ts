import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { accountId, configuredName, instantMs, jwe, sessionId, upstreamSubject } from '../fields.js';

/** Why a logout token ends nothing (OpenID Connect Back-Channel Logout 1.0, section 2.6). */
const logoutRefusal = z.enum([
  /** It is no JWT, or lacks what every one has, or is of another kind (`typ`, `nonce`, `events`). */
  'not_a_logout_token',
  /** Another issuer made it. */
  'wrong_issuer',
  /** It is for another client. */
  'wrong_audience',
  /** It has expired, is old, or was issued in the future. */
  'wrong_time',
  /** It names neither a session nor a person in a way that is known here. */
  'names_nobody',
  /** No key of the provider signed it, or not by an algorithm of its id_tokens. */
  'wrong_signature',
]);
export type LogoutRefusal = z.output<typeof logoutRefusal>;

/** An account has fewer; a token names one person. */
const MAX_SESSIONS = 5_000;

/**
 * Hands over a provider's logout token, sealed as `{ "logoutToken": "…" }`. Connections that it names are ended by then. Sessions
 * that were signed in through them are named, and end at the authorization server. The same token again names the same sessions,
 * as long as they are open, and ends nothing that was made after it.
 */
export const providerLogout = defineRequest({
  name: 'provider.logout',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({ provider: configuredName, sealedToken: jwe }),
  reply: z.discriminatedUnion('outcome', [
    z.strictObject({
      outcome: z.literal('accepted'),
      /** When the provider issued it. */
      issuedAtMs: instantMs,
      /** Whose logout it is, if it says so. */
      subject: upstreamSubject.optional(),
      /** Accounts whose connection was ended now. */
      accounts: z.array(accountId),
      sessions: z.array(z.strictObject({ tsid: sessionId, accountId })).max(MAX_SESSIONS),
    }),
    z.strictObject({ outcome: z.literal('refused'), reason: logoutRefusal }),
  ]),
  errors: [
    'request_invalid',
    'unknown_provider',
    'provider_unavailable',
    'provider_misconfigured',
    'busy',
    'deadline_exceeded',
    'internal',
  ],
  idempotent: true,
  timeoutMs: 20_000,
});
