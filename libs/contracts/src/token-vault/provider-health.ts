import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { configuredName, instantMs } from '../fields.js';

const providerState = z.enum([
  /** Its last answer was one that can be used, or a refusal that is about one person's grant. */
  'working',
  /** It did not answer, or said "not now". It may pass by itself. */
  'unavailable',
  /** It takes this gateway's requests for wrong, or something else answers in its place. Somebody has to look into it. */
  'failing',
  /** Nobody has needed it yet. */
  'unknown',
]);
export type ProviderState = z.output<typeof providerState>;

/** Which of the vault's kinds of failures it was. No text of the provider, and nothing of a person. */
const providerFailureKind = z.enum([
  'oauth_error',
  'http_error',
  'misconfigured',
  'unreachable',
  'no_answer',
  'unreadable',
  'malformed',
  'unverifiable',
]);
export type ProviderFailureKind = z.output<typeof providerFailureKind>;

const providerView = z.strictObject({
  provider: configuredName,
  state: providerState,
  /** Since when it is in that state, as far as anybody has asked. Absent: it is `unknown`. */
  sinceMs: instantMs.optional(),
  answeredAtMs: instantMs.optional(),
  failure: z
    .strictObject({ atMs: instantMs, kind: providerFailureKind, status: z.int().optional() })
    .optional(),
});
export type ProviderView = z.output<typeof providerView>;

/** How each provider of the configuration is, by what came of the vault's own requests to it. Nobody is asked for this. */
export const providerHealth = defineRequest({
  name: 'provider.health',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({}),
  reply: z.strictObject({ providers: z.array(providerView) }),
  errors: ['request_invalid', 'deadline_exceeded', 'internal'],
  idempotent: true,
});
