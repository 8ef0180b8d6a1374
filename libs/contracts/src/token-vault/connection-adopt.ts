import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { accountId, attemptId, configuredName, upstreamSubject } from '../fields.js';

/** Adopts the connection that was staged as this subject outside a sign-in (the connect page) and binds it to the account's open sessions. */
export const connectionAdopt = defineRequest({
  name: 'connection.adopt',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  proven: true,
  request: z.strictObject({ attemptId, accountId, provider: configuredName, subject: upstreamSubject }),
  reply: z.strictObject({ adopted: z.literal(true) }),
  /** `connection_missing`: the staged connection cannot be used. The person has to visit the provider again. */
  errors: ['request_invalid', 'attempt_unknown', 'connection_missing', 'deadline_exceeded', 'internal'],
});
