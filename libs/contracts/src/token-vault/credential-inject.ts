import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { configuredName, digest, recipientKey, sessionId } from '../fields.js';
import { CREDENTIAL_ERRORS, credentialReply } from './credential.js';

/** The provider's own access token for one backend whose strategy is `upstreamInject` of that provider. */
export const credentialInject = defineRequest({
  name: 'credential.inject',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['vmcp-proxy'],
  request: z.strictObject({
    tsid: sessionId,
    backend: configuredName,
    replyKey: recipientKey,
    /** SHA-256 of a token that the backend just refused with 401: do not release the same one again. */
    refused: digest.optional(),
  }),
  reply: credentialReply,
  errors: CREDENTIAL_ERRORS,
  idempotent: true,
  timeoutMs: 20_000,
});
