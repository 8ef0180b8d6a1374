import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { configuredName, digest, recipientKey, sessionId } from '../fields.js';
import { backendChallenge } from './backend-challenge.js';
import { CREDENTIAL_ERRORS, credentialReply } from './credential.js';

/** Of a `scope` that a backend names. A longer one is not heard. */
export const MAX_SCOPE_LENGTH = 4_096;

/** The provider's own access token for one backend whose strategy is `upstreamInject` of that provider. */
export const credentialInject = defineRequest({
  name: 'credential.inject',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['vmcp-proxy'],
  request: z.strictObject({
    tsid: sessionId,
    backend: configuredName,
    /** What the caller takes the backend and its strategy for (`libs/config/src/backend-bindings.ts`). */
    binding: digest.optional(),
    replyKey: recipientKey,
    /** SHA-256 of a token that the backend just refused: do not release the same one again. */
    refused: digest.optional(),
    /** `scope` of the 403 `insufficient_scope` with which it was refused (RFC 6750 section 3.1). */
    lackingScope: z.string().max(MAX_SCOPE_LENGTH).optional(),
    /** What the backend wants the sign-in to show, instead. A vault of an earlier release refuses the field. */
    challenge: backendChallenge.optional(),
  }),
  reply: credentialReply,
  errors: [...CREDENTIAL_ERRORS, 'insufficient_scope'],
  idempotent: true,
  timeoutMs: 20_000,
});
