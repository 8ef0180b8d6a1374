import { z } from 'zod';
import { defineRequest } from '../contract.js';
import { accountId, attemptId, configuredName } from '../fields.js';

/** Adopts one connection that was staged outside a sign-in (the connect page) and binds it to the account's open sessions. */
export const connectionAdopt = defineRequest({
  name: 'connection.adopt',
  version: 1,
  answeredBy: 'token-vault',
  calledBy: ['authorization-server'],
  request: z.strictObject({ attemptId, accountId, provider: configuredName }),
  reply: z.strictObject({ adopted: z.literal(true) }),
  errors: ['request_invalid', 'attempt_unknown', 'deadline_exceeded', 'internal'],
});
